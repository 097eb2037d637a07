//! Conditions: `when`, `changed_when`, `until`, `that`. One table decides what they mean (ARCHITECTURE, decision 2).

use std::sync::Arc;

use adept_wire::{Data, Trust, Value};

use super::call::Result;
use super::error::TemplateError;
use super::place::Source;
use super::templar::Templar;
use super::val::Val;
use crate::diag::Diagnostic;

impl Templar {
    /// The truth of one condition. Lists of conditions are and-ed by whoever has the list.
    ///
    /// # Errors
    /// When the condition doesn't parse, something in it is undefined, or its result isn't boolean and that isn't allowed.
    pub fn condition(&self, condition: &Value) -> Result<bool> {
        match &condition.data {
            Data::Bool(b) => Ok(*b),
            Data::Str(text) => self.text_condition(condition, text),
            // An empty `when:` has nothing against it.
            Data::Null => Ok(true),
            _ => self.decide(condition, Val::Value(condition.clone()), &condition.type_name().into()),
        }
    }

    fn text_condition(&self, condition: &Value, text: &Arc<str>) -> Result<bool> {
        if text.trim().is_empty() {
            return Ok(true);
        }
        if condition.trust() == Trust::Template && is_whole_template(text) {
            self.warn_at(
                condition,
                format!("conditional statements should not include templating delimiters such as {{{{ }}}} or {{% %}}: {text}"),
            );
            return match self.guarded(condition, text)? {
                // What comes out is an expression again, as before ansible-core 2.19.
                Val::Value(Value { data: Data::Str(inner), .. }) => {
                    if let Some(b) = boolean_like(&inner).filter(|_| !self.env().strict_conditionals) {
                        return Ok(b);
                    }
                    self.expression_condition(condition, inner)
                }
                rendered => self.decide(condition, rendered, text),
            };
        }
        if condition.trust() != Trust::Template {
            check_harmless(text).map_err(|e| e.at(|| self.place_of(condition)))?;
        }
        self.expression_condition(condition, text.clone())
    }

    /// Renders a condition that has marks in it; what hosts sent may be a part of the result only as long as it can't be code.
    fn guarded(&self, condition: &Value, text: &Arc<str>) -> Result<Val> {
        let source = Source { text: text.clone(), origin: condition.origin().cloned(), exact: false };
        self.run(&source, |eval| {
            let template = eval.env().inline(&source)?;
            let mut parts = eval.parts(&template)?;
            for (part, written) in &parts {
                if let Val::Value(value) = part
                    && let Some(text) = value.as_str()
                    && !written
                    && value.trust() != Trust::Template
                {
                    check_harmless(text)?;
                }
            }
            if eval.env().strict_conditionals && !within_literals(&template, &parts) {
                return Err(TemplateError::failed(format!("the condition is not an expression: {text}")));
            }
            if parts.len() == 1 {
                let only = parts.remove(0).0;
                only.defined()?;
                return eval.settle(only);
            }
            let mut whole = String::new();
            for (part, _) in &parts {
                whole.push_str(&eval.text(part)?);
            }
            Ok(Val::str(whole))
        })
    }

    /// The single conditions that `when: [a, b]` or `that: "{{ list }}"` stand for, each as it was written.
    ///
    /// # Errors
    /// When the name of a list can't be rendered.
    pub fn conditions(&self, condition: &Value) -> Result<Vec<Value>> {
        if let Data::List(items) = &condition.data {
            return Ok(items.to_vec());
        }
        if Templar::is_template(condition) {
            match self.val(condition)? {
                // Items of this scope stay as they were written: trusted, and rendered one by one.
                Val::Lazy(list) if list.raw.as_list().is_some() && Arc::ptr_eq(&list.home, self.home()) => {
                    return Ok(list.raw.as_list().unwrap_or_default().to_vec());
                }
                list if list.is_list() => {
                    let list = self.render(condition)?;
                    return Ok(list.as_list().unwrap_or_default().to_vec());
                }
                _ => {}
            }
        }
        Ok(vec![condition.clone()])
    }

    fn expression_condition(&self, condition: &Value, text: Arc<str>) -> Result<bool> {
        let result = self.expression_val(&text, condition.origin())?;
        self.decide(condition, result, &text)
    }

    fn decide(&self, condition: &Value, result: Val, text: &Arc<str>) -> Result<bool> {
        if let Some(b) = result.as_value().and_then(Value::as_bool) {
            return Ok(b);
        }
        result.defined()?;
        let kind = result.type_name();
        if self.env().strict_conditionals {
            let error = TemplateError::failed(format!(
                "Conditional result was derived from value of type '{kind}'. Conditionals must have a boolean result."
            ));
            return Err(error.at(|| self.place_of(condition)));
        }
        // Old content sets facts to 'yes' or 'false' and asks for them by their bare name.
        if let Some(b) = result.as_str().and_then(boolean_like)
            && is_bare_name(text)
        {
            self.warn_at(condition, format!("the condition '{text}' is text; it is taken as {b}. Use '{text} | bool'"));
            return Ok(b);
        }
        let truth = self.truth(&result)?;
        self.warn_at(
            condition,
            format!("the condition '{text}' has a result of type '{kind}', not a boolean; it is taken as {truth}"),
        );
        Ok(truth)
    }

    fn warn_at(&self, condition: &Value, message: String) {
        self.warn(Diagnostic::general(message).at(condition.origin()));
    }
}

/// Does the whole text need rendering first? Marks within a string literal (`"{{ x }}" == 'a'`) count too, as they do in Ansible.
fn is_whole_template(text: &str) -> bool {
    // `{{` can begin no expression otherwise, but a map of a map: `{{'a': 1}: 2}` is no map that Python knows.
    text.contains("{{") || text.contains("{%")
}

/// Is the whole condition one `{{ }}`, or does every one stand in a string literal? 2.19 takes nothing else.
fn within_literals(template: &super::ast::Template, parts: &[(Val, bool)]) -> bool {
    use super::ast::StmtNode;
    if let [only] = &template.body[..] {
        return matches!(only.node, StmtNode::Emit(_));
    }
    let mut quote = None;
    for (part, written) in parts {
        if !written {
            if quote.is_none() {
                return false;
            }
            continue;
        }
        for c in part.as_str().unwrap_or_default().chars() {
            match quote {
                Some(q) if q == c => quote = None,
                None if matches!(c, '\'' | '"') => quote = Some(c),
                _ => {}
            }
        }
    }
    true
}

/// Text from elsewhere that takes part in a condition must not be able to call anything, nor leave a literal that it stands in.
fn check_harmless(text: &str) -> Result<()> {
    match text.chars().find(|c| matches!(c, '\'' | '"' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '\\')) {
        None => Ok(()),
        Some(c) => {
            Err(TemplateError::failed(format!("untrusted text with {c} in it can't be a part of a condition: {text}"))
                .hint("write the condition without {{ }}: names stand for their values there"))
        }
    }
}

fn is_bare_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// What old content means by text in a condition.
fn boolean_like(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use adept_wire::{Trust, Value};

    use super::super::cases::MapScope;
    use super::super::{Environment, Templar};
    use crate::yaml;

    #[test]
    fn conditions_decide_as_recorded() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/template/conditions.yml");
        let (file, _) = yaml::load_file(&path, Trust::Template).unwrap();
        let vars = file.get("vars").and_then(Value::as_map).cloned().unwrap();
        let mut wrong = Vec::new();
        for strict in [false, true] {
            let mut env = Environment::default();
            env.strict_conditionals = strict;
            let env = Arc::new(env);
            for case in file.get("cases").and_then(Value::as_list).unwrap() {
                let condition = case.get("condition").unwrap();
                let text = |name: &str| case.get(name).and_then(Value::as_str);
                let wanted = if strict { text("v219") } else { text("ours").or(text("v218")) }.unwrap();
                let templar = Templar::new(env.clone(), Arc::new(MapScope(vars.clone())));
                let result = templar.condition(condition);
                let got = match &result {
                    Ok(true) => "true",
                    Ok(false) => "false",
                    Err(_) => "error",
                };
                if got != wanted {
                    wrong.push(format!("{condition:?} strict={strict}: wanted {wanted}, got {result:?}"));
                }
                let differs = text("v218") != text("v219") || text("ours").is_some();
                let warned = !templar.take_warnings().is_empty();
                if !strict && differs && result.is_ok() && !warned {
                    wrong.push(format!("{condition:?}: no warning about what 2.19 refuses"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
