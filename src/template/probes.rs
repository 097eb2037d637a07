//! The probes on which the decision for an evaluator of ours stands (docs/templates.md says what each decided).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adept_wire::{Map, Trust, Value, map};

use super::cases::{MapScope, templar};
use super::{Environment, Hosts, Scope, Source, Templar, TemplateErrorKind, Var, text};
use crate::diag::Diagnostic;
use crate::yaml;

/// Renders a template written as YAML, beside variables written as YAML.
fn rendered(vars: &str, template: &str) -> String {
    shown(&templar(vars), template)
}

fn written(template: &str) -> Value {
    let (value, _) = yaml::load_one(template, "site.yml", Trust::Template).unwrap();
    value
}

fn shown(templar: &Templar, template: &str) -> String {
    match templar.render(&written(template)) {
        Ok(value) => text::repr(&value),
        Err(error) => format!("{}: {error}", if error.is_undefined() { "undefined" } else { "error" }),
    }
}

#[test]
fn probe_a_variable_is_rendered_where_it_is_used() {
    let vars = "a: '{{ b }}'\nb: '{{ c.d[0] }}'\nc: {d: ['{{ e }}', '{{ nope }}']}\ne: 5";
    assert_eq!(rendered(vars, "'{{ a + 1 }}'"), "6");
    // The item that can't be rendered isn't used.
    assert_eq!(rendered(vars, "'{{ c.d[0] }}'"), "5");
    assert_eq!(rendered(vars, "'{{ c }}'"), "undefined: 'nope' is undefined");
}

#[test]
fn probe_a_result_is_never_rendered_again() {
    let host_sent = Value::from("{{ lookup('pipe', 'id') }}");
    let vars: Map = map! { "stdout" => host_sent.clone(), "copy" => written("'{{ stdout }}'") };
    let templar = Templar::new(Arc::new(Environment::default()), Arc::new(MapScope(vars)));
    assert_eq!(templar.render(&written("'{{ stdout }}'")).unwrap(), host_sent);
    assert_eq!(templar.render(&written("'{{ copy }}'")).unwrap(), host_sent);
    assert_eq!(shown(&templar, r#""{{ '{{' ~ ' 1 }}' }}""#), "'{{ 1 }}'");
    let result = templar.render(&written("'{{ copy }}'")).unwrap();
    assert_eq!(result.trust(), Trust::Data);
}

#[test]
fn probe_undefined_chains_and_fails_on_use() {
    for (template, expected) in [
        ("{{ a.b.c is defined }}", "False"),
        ("{{ a.b.c | default('x') }}", "'x'"),
        ("{{ a | upper | default('x') }}", "'x'"),
        ("{{ text | default('x') }}", "'x'"),
        ("{{ a }}", "undefined: 'a' is undefined"),
        ("{{ a.b['c'].d() }}", "undefined: 'a' is undefined"),
        ("x{{ a }}", "undefined: 'a' is undefined"),
        ("{{ [a] }}", "undefined: 'a' is undefined"),
        ("{{ a == 1 }}", "undefined: 'a' is undefined"),
        ("{{ m.x }}", "undefined: object of type 'dict' has no attribute 'x'"),
        (
            "{{ 'x' if false }}",
            "undefined: the inline if-expression evaluated to false and no else section was defined.",
        ),
        ("a{{ 'x' if false }}", "'a'"),
    ] {
        assert_eq!(rendered("m: {}\ntext: a{{ nope }}", &format!("{template:?}")), expected, "{template}");
    }
}

#[test]
fn probe_native_types_come_out_of_single_expressions() {
    for (template, expected) in [
        ("{{ 1 }}", "1"),
        ("{{ 1 }}{{ 2 }}", "'12'"),
        ("{{ none }}", "None"),
        ("a{{ none }}", "'a'"),
        ("{{ [1, 'a', none] }}", "[1, 'a', None]"),
        ("{{ (1, 2) }}", "[1, 2]"),
        ("{% if true %}{{ {'a': 1} }}{% endif %}", "{'a': 1}"),
        ("{{ '[1, 2]' }}", "'[1, 2]'"),
        ("plain", "'plain'"),
    ] {
        assert_eq!(rendered("{}", &format!("{template:?}")), expected, "{template}");
    }
}

#[test]
fn probe_lists_change_within_one_evaluation_and_never_in_a_layer() {
    let vars = "l: [1]\nm: {inner: [1]}\nalias: '{{ l }}'";
    let templar = templar(vars);
    let text = r#""{% set other = l %}{% for i in [2, 3] %}{% set _ = l.append(i) %}{% endfor %}{{ other }}{{ l }}""#;
    assert_eq!(shown(&templar, text), "'[1, 2, 3][1, 2, 3]'");
    assert_eq!(shown(&templar, r#""{% set _ = m.inner.append(2) %}{{ m }}""#), "{'inner': [1, 2]}");
    assert_eq!(shown(&templar, r#""{% set _ = m.update({'k': l}) %}{{ m.k }}{{ m.pop('inner') }}""#), "'[1][1]'");
    // The next evaluation sees what the layer has.
    assert_eq!(shown(&templar, r#""{{ [l, m, alias] }}""#), "[[1], {'inner': [1]}, [1]]");
}

#[test]
fn probe_loops_of_variables_show_their_chain() {
    let vars = "a: '{{ b }}'\nb: 'x{{ c.d }}'\nc: {d: '{{ a }}'}";
    let error = templar(vars).render(&written("'{{ a }}'")).unwrap_err();
    assert_eq!(*error.kind(), TemplateErrorKind::Loop(["a", "b", "d", "a"].map(str::to_owned).to_vec()));
}

struct Counting {
    vars: Map,
    asked: AtomicUsize,
}

impl Scope for Counting {
    fn get(&self, name: &str) -> Option<Var> {
        if name == "counted" {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        self.vars.get(name).cloned().map(Var::Value)
    }
    fn names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
}

#[test]
fn probe_a_variable_renders_once_unless_it_is_impure() {
    let vars: Map = map! {
        "counted" => Value::from(1), "pure" => written("'{{ counted }}'"), "impure" => written("'{{ counted }}{{ now().year }}'"),
    };
    let scope = Arc::new(Counting { vars, asked: AtomicUsize::new(0) });
    let templar = Templar::new(Arc::new(Environment::default()), scope.clone());
    shown(&templar, "'{{ pure }}{{ pure }}'");
    shown(&templar, "'{{ pure }}'");
    assert_eq!(scope.asked.load(Ordering::Relaxed), 1);
    shown(&templar, "'{{ impure }}{{ impure }}'");
    assert_eq!(scope.asked.load(Ordering::Relaxed), 3);
}

#[test]
fn probe_errors_know_file_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.yml");
    let text = "a: \"x {{ nope }}\"\nb: {{\nc: |\n  one\n  two {{ 1 + 'a' }}\nd: plain {{ 1 | nofilter }}\n"
        .replace("b: {{\n", "");
    std::fs::write(&path, &text).unwrap();
    let (file, _) = yaml::load_file(&path, Trust::Template).unwrap();
    let templar = templar("{}");
    let place = |name: &str| {
        let origin = templar.render(file.get(name).unwrap()).unwrap_err().origin().unwrap();
        (origin.line, origin.column)
    };
    assert_eq!(place("a"), (1, 10));
    assert_eq!(place("c"), (4, 10));
    assert_eq!(place("d"), (5, 17));
}

#[test]
fn probe_unknown_filters_are_found_before_the_run() {
    let env = Environment::default();
    let source = Source { text: "{{ 1 if true else (x | nosuchfilter) }}".into(), origin: None, exact: false };
    let problems = env.check(&source);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "No filter named 'nosuchfilter'.");
    // Where it isn't reached it does no harm.
    assert_eq!(rendered("{}", r#""{{ 1 if true else (x | nosuchfilter) }}""#), "1");
}

struct OneHost(Arc<dyn Scope>);

impl Hosts for OneHost {
    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        (name == "other").then(|| self.0.clone())
    }
    fn names(&self) -> Vec<Arc<str>> {
        vec!["other".into()]
    }
}

struct WithHosts(Map, Arc<dyn Hosts>);

impl Scope for WithHosts {
    fn get(&self, name: &str) -> Option<Var> {
        if name == "hostvars" { Some(Var::Hosts(self.1.clone())) } else { self.0.get(name).cloned().map(Var::Value) }
    }
    fn names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
}

#[test]
fn probe_hostvars_are_rendered_in_the_scope_of_their_host() {
    let of = |text: &str| yaml::load_one(text, "v", Trust::Template).unwrap().0.as_map().cloned().unwrap();
    let other: Arc<dyn Scope> =
        Arc::new(MapScope(of("me: other\nname: 'I am {{ me }}'\ndeep: {list: ['{{ me }}']}\nbad: '{{ nope }}'")));
    let scope = WithHosts(of("me: here\ntheirs: '{{ hostvars.other.name }}'"), Arc::new(OneHost(other)));
    let templar = Templar::new(Arc::new(Environment::default()), Arc::new(scope));
    assert_eq!(shown(&templar, "'{{ theirs }}, {{ me }}'"), "'I am other, here'");
    assert_eq!(shown(&templar, r#""{{ hostvars['other'].deep.list }}""#), "['other']");
    assert_eq!(shown(&templar, r#""{{ hostvars['other'].deep }}""#), "{'list': ['other']}");
    assert_eq!(shown(&templar, r#""{{ 'other' in hostvars }}{{ 'x' in hostvars }}""#), "'TrueFalse'");
    // A whole scope is looked at, not used: what can't be rendered is shown as it was written.
    let whole = shown(&templar, "'{{ hostvars.other }}'");
    assert_eq!(whole, "{'me': 'other', 'name': 'I am other', 'deep': {'list': ['other']}, 'bad': '{{ nope }}'}");
    let missing = shown(&templar, "'{{ hostvars.nosuch.x }}'");
    assert_eq!(missing, "undefined: object of type 'HostVars' has no attribute 'nosuch'");
}

#[test]
fn probe_attributes_and_items_look_in_their_own_order() {
    let vars = "d: {items: 5, keys: K, a: 1}";
    assert_eq!(rendered(vars, r#""{{ d['items'] }}{{ d['keys'] }}{{ d.a }}""#), "'5K1'");
    assert_eq!(rendered(vars, r#""{{ d.keys() }}""#), "['items', 'keys', 'a']");
    assert!(rendered(vars, r#""{{ d.items }}""#).starts_with("error: Type 'method' is unsupported"));
}

#[test]
fn probe_python_shows_in_numbers_and_text() {
    for (template, expected) in [
        (
            "{{ 7 // -2 }} {{ -7 % 3 }} {{ 2 ** 100 }} {{ 1e17 }} {{ 4 / 2 }}",
            "'-4 2 1267650600228229401496703205376 1e+17 2.0'",
        ),
        ("{{ true }} {{ none ~ '' }} {{ ['a', \"it's\", 1.0] }}", "'True None [\\'a\\', \"it\\'s\", 1.0]'"),
        ("{{ 1 < 'a' }}", "error: '<' not supported between instances of 'int' and 'str'"),
        ("{{ +1 - +2 }}", "-1"),
    ] {
        assert_eq!(rendered("{}", &format!("{template:?}")), expected, "{template}");
    }
}

#[test]
fn probe_backslashes_are_literal_in_playbooks() {
    // A regular expression in a playbook needs no second backslash; in a template file, and in a condition, Python's rules hold.
    assert_eq!(rendered("{}", r#"'{{ "\d+\n" }}'"#), r"'\\d+\\n'");
    let templar = templar("{}");
    assert_eq!(templar.file(r#"{{ "a\tb" }}"#, "t.j2", &super::FileOptions::default()).unwrap(), "a\tb");
    assert_eq!(templar.expression(r#""a\tb""#, None).unwrap().as_str(), Some("a\tb"));
}

#[test]
fn probe_conditions_follow_the_table() {
    let vars =
        "t: true\nyes_s: 'yes'\nno_s: 'no'\nword: abc\nabc: abc\nempty: ''\nl: [1]\nnone: []\nexpr: \"word == 'abc'\"";
    let check = |strict: bool, condition: &str| {
        let (vars, _) = yaml::load_one(vars, "v", Trust::Template).unwrap();
        let mut env = Environment::default();
        env.strict_conditionals = strict;
        let templar = Templar::new(Arc::new(env), Arc::new(MapScope(vars.as_map().cloned().unwrap())));
        let result = templar.condition(&written(condition)).map_err(|e| e.to_string());
        (result, !templar.take_warnings().is_empty())
    };
    for (condition, expected, warned) in [
        ("true", true, false),
        ("t", true, false),
        ("word == 'abc'", true, false),
        ("nope is defined", false, false),
        ("yes_s", true, true),
        ("no_s", false, true),
        ("word", true, true),
        ("empty", false, true),
        ("l", true, true),
        ("none", false, true),
        ("not l", false, false),
        ("'{{ t }}'", true, true),
        ("'{{ expr }}'", true, true),
        ("\"{{ word }} == 'abc'\"", true, true),
        ("\"'{{ word }}' == word\"", true, true),
    ] {
        assert_eq!(check(false, condition), (Ok(expected), warned), "{condition}");
    }
    assert!(check(true, "word").0.is_err());
    assert_eq!(check(true, "t").0, Ok(true));
}

#[test]
fn probe_what_a_host_sent_cannot_become_code() {
    let vars: Map = map! { "sent" => Value::from("x' or lookup('pipe', 'id') or '"), "word" => Value::from("x") };
    let templar = Templar::new(Arc::new(Environment::default()), Arc::new(MapScope(vars)));
    assert!(templar.condition(&written(r#""'{{ word }}' == 'x'""#)).unwrap());
    let error = templar.condition(&written(r#""'{{ sent }}' == 'x'""#)).unwrap_err();
    assert!(error.to_string().starts_with("untrusted text"), "{error}");
    assert!(templar.condition(&Value::from("lookup('pipe', 'id')")).is_err());
}

#[test]
fn probe_files_include_import_and_extend() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("base.j2", "<{% block a %}A{% endblock %}|{% block b %}B{% endblock %}>\n");
    write("child.j2", "{% extends 'base.j2' %}{% set x = 1 %}{% block a %}{{ super() }}{{ x }}{% endblock %}\n");
    write("lib.j2", "{% macro m(a) %}[{{ a }}{{ who }}]{% endmacro %}{% set v = 3 %}");
    write("part.j2", "part {{ who }} {{ local }}\n");
    let templar = templar("who: me");
    let file = |text: &str| {
        let path = dir.path().join("main.j2");
        templar.file(text, &path.to_string_lossy(), &super::FileOptions::default()).map_err(|e| e.to_string())
    };
    let child = std::fs::read_to_string(dir.path().join("child.j2")).unwrap();
    assert_eq!(file(&child).unwrap(), "<A1|B>\n");
    assert_eq!(file("{% set local = 7 %}{% include 'part.j2' %}").unwrap(), "part me 7");
    assert_eq!(file("{% import 'lib.j2' as lib %}{{ lib.m(1) }}{{ lib.v }}").unwrap(), "[1me]3");
    assert_eq!(file("{% from 'lib.j2' import m as n with context %}{{ n(2) }}").unwrap(), "[2me]");
    assert_eq!(file("{% include ['nosuch', 'part.j2'] %}").unwrap_err(), "'local' is undefined");
    write("error.j2", "one\n{{ nope }}\n");
    let error = templar
        .file("a\n{% include 'error.j2' %}", &dir.path().join("m.j2").to_string_lossy(), &super::FileOptions::default())
        .unwrap_err();
    let origin = error.origin().unwrap();
    assert!(origin.file.ends_with("error.j2"));
    assert_eq!((origin.line, origin.column), (2, 4));
}

#[test]
fn probe_errors_read_well() {
    let mut env = BTreeMap::new();
    env.insert("HOME".to_owned(), "/root".to_owned());
    let (vars, _) = yaml::load_one("hostname: a\nvia: 'x {{ hostnam }}'", "v.yml", Trust::Template).unwrap();
    let scope = Arc::new(MapScope(vars.as_map().cloned().unwrap()));
    let templar = Templar::new(Arc::new(Environment::new("/", env)), scope);
    let error = templar.render(&written("'{{ via }}'")).unwrap_err();
    let shown = Diagnostic::from(error).to_string();
    assert_eq!(
        shown,
        "'hostnam' is undefined\n  --> v.yml:2:6\n   = while rendering via\n   = hint: did you mean 'hostname'?"
    );
}

/// Runs on the stack that the program gives to its threads.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(super::STACK_SIZE).spawn(run).unwrap().join().unwrap();
}

#[test]
fn probe_deep_variables_are_an_error_and_no_overflow() {
    on_a_small_stack(|| {
        let mut vars = String::new();
        for i in 0..200 {
            vars += &format!("v{i}: \"{{{{ [v{}] | map('upper') | list | first | default('x') }}}}\"\n", i + 1);
        }
        vars += "v200: end\n";
        let templar = templar(&vars);
        let error = shown(&templar, "'{{ v0 }}'");
        assert!(error.starts_with("error: variables are nested more than"), "{error}");
        assert_eq!(shown(&templar, "'{{ v175 }}'"), "'END'");
    });
}

#[test]
fn probe_deep_macros_are_an_error_and_no_overflow() {
    on_a_small_stack(|| {
        let text = "{% macro m(n) %}{% for i in [1] %}{% if true %}{{ m(n + 1) | upper }}{% endif %}{% endfor %}{% endmacro %}{{ m(0) }}";
        let error = rendered("{}", &format!("{text:?}"));
        assert!(error.starts_with("error: macro m is nested"), "{error}");
    });
}

#[test]
fn probe_deep_expressions_are_an_error_and_no_overflow() {
    on_a_small_stack(|| {
        let parens = format!("{{{{ {}1{} }}}}", "(".repeat(200), ")".repeat(200));
        assert!(rendered("{}", &format!("{parens:?}")).contains("recursion limits"));
        let long = format!("{{{{ {} }}}}", vec!["1"; 2000].join(" + "));
        assert_eq!(rendered("{}", &format!("{long:?}")), "2000");
        let long = format!("{{{{ {} }}}}", vec!["true"; 2000].join(" and "));
        assert_eq!(rendered("{}", &format!("{long:?}")), "True");
        let filters = format!("{{{{ 'a'{} }}}}", " | upper".repeat(1000));
        assert!(rendered("{}", &format!("{filters:?}")).contains("nested"));
        let not = format!("{{{{ {}true }}}}", "not ".repeat(100_000));
        assert!(rendered("{}", &format!("{not:?}")).contains("nested"));
    });
}

#[test]
fn probe_conditions_of_a_list_stay_as_they_were_written() {
    let templar = templar("w: /tmp\nasserts: ['\"{{ w }}\" == \"/tmp\"', 'w is defined']");
    let conditions = templar.conditions(&written("'{{ asserts }}'")).unwrap();
    assert_eq!(conditions.len(), 2);
    for condition in &conditions {
        assert!(templar.condition(condition).unwrap());
    }
}

/// `cargo test --lib speed_of -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn speed_of_simple_templates() {
    let templar = templar("x: 1\nname: abc\nnested: '{{ name }}'\nd: {a: {b: 5}}");
    for text in
        ["{{ x }}", "{{ nested }}", "{{ d.a.b }}", "a{{ name }}b", "{{ name | default('x') | upper }}", "{{ d }}"]
    {
        let template = written(&format!("{text:?}"));
        let start = std::time::Instant::now();
        for _ in 0..100_000 {
            templar.render(&template).unwrap();
        }
        println!("{text}: {} ns", start.elapsed().as_nanos() / 100_000);
    }
}
