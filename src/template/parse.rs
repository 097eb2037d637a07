//! Text -> [`Template`]. The only file that knows minijinja: its lexer and parser read, we lower their tree to ours.

use std::sync::Arc;

use adept_wire::{BigInt, Data, Key, Value};
use minijinja::machinery::{self, Token, ast as mj};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use super::ast::{
    Arg, BinaryOp, Block, CompareOp, Expr, FilterCall, FilterKind, For, LookupCall, Macro, MacroUses, Node, Stmt,
    StmtNode, Target, Template, TestCall, Unknown,
};
use super::call::Result;
use super::error::TemplateError;
use super::literal;
use super::options::Syntax;
use super::place::{Place, Source, Span};
use super::registry::Registry;

/// Expressions and blocks nested deeper than this aren't written by people, and would need a large stack.
const MAX_DEPTH: usize = 100;

/// Parses a template.
///
/// # Errors
/// When the text is no template.
pub fn template(source: &Source, syntax: &Syntax, names: &Registry) -> Result<Template> {
    let text = &source.text;
    let config = config(syntax)?;
    check_nesting(text, false, &config)?;
    let (parsed, patched, base): (_, _, &str);
    parsed = match machinery::parse(text, "", config.clone()) {
        Ok(stmt) => {
            base = text;
            stmt
        }
        Err(error) => {
            patched = without_unary_plus(text, false, &config);
            match patched.as_deref().map(|p| (p, machinery::parse(p, "", config))) {
                Some((p, Ok(stmt))) => {
                    base = p;
                    stmt
                }
                _ => return Err(syntax_error(&error, source)),
            }
        }
    };
    let block_end = syntax.block.as_ref().map_or("%}", |b| &b.1);
    let mut lower = Lower {
        text: base,
        names,
        raw_strings: syntax.literal_backslashes,
        in_emit: false,
        unknown: Vec::new(),
        uses: MacroUses::default(),
        depth: 0,
        block_end,
    };
    let mj::Stmt::Template(root) = parsed else {
        return Err(TemplateError::syntax("not a template"));
    };
    let body = lower.stmts(&root.children)?;
    Ok(Template { body, unknown: lower.unknown })
}

/// Parses an expression without marks: `when: a == b`.
///
/// # Errors
/// When the text is no expression.
pub fn expression(source: &Source, names: &Registry) -> Result<Template> {
    let text = &source.text;
    check_nesting(text, true, &SyntaxConfig::default())?;
    let (parsed, patched);
    parsed = match machinery::parse_expr(text) {
        Ok(expr) => expr,
        Err(error) => {
            patched = without_unary_plus(text, true, &SyntaxConfig::default());
            match patched.as_deref().map(machinery::parse_expr) {
                Some(Ok(expr)) => expr,
                _ => return Err(syntax_error(&error, source)),
            }
        }
    };
    let mut lower = Lower {
        text,
        names,
        raw_strings: false,
        in_emit: false,
        unknown: Vec::new(),
        uses: MacroUses::default(),
        depth: 0,
        block_end: "%}",
    };
    let expr = lower.expr(&parsed)?;
    let span = expr.span;
    Ok(Template { body: vec![Stmt { node: StmtNode::Emit(expr), span }], unknown: lower.unknown })
}

fn config(syntax: &Syntax) -> Result<SyntaxConfig> {
    let mut builder = SyntaxConfig::builder();
    builder
        .trim_blocks(syntax.trim_blocks)
        .lstrip_blocks(syntax.lstrip_blocks)
        .keep_trailing_newline(syntax.keep_trailing_newline);
    if let Some((start, end)) = &syntax.variable {
        builder.variable_delimiters(start.clone(), end.clone());
    }
    if let Some((start, end)) = &syntax.block {
        builder.block_delimiters(start.clone(), end.clone());
    }
    if let Some((start, end)) = &syntax.comment {
        builder.comment_delimiters(start.clone(), end.clone());
    }
    builder.build().map_err(|e| TemplateError::syntax(e.to_string()))
}

fn syntax_error(error: &minijinja::Error, source: &Source) -> TemplateError {
    let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let span = error.range().map(|r| Span { start: r.start as u32, end: r.end as u32 }).unwrap_or_default();
    TemplateError::syntax(message).at(|| Place::new(source, span))
}

/// minijinja's parser descends into `not not ..`, `- - ..` and `elif` without a limit: its lexer tells beforehand.
fn check_nesting(text: &str, in_expr: bool, config: &SyntaxConfig) -> Result<()> {
    // Short texts can't go deep enough to matter, and long ones are rare.
    if text.len() < 1000 {
        return Ok(());
    }
    let (mut run, mut branches) = (0, 0);
    for token in machinery::tokenize(text, in_expr, config.clone()) {
        // The parser reports what the lexer refuses.
        let Ok((token, _)) = token else { return Ok(()) };
        match token {
            Token::Ident("not") | Token::Minus => run += 1,
            Token::Ident("elif") => branches += 1,
            Token::Ident("endif") => (run, branches) = (0, 0),
            _ => run = 0,
        }
        if run > MAX_DEPTH || branches > 3 * MAX_DEPTH {
            return Err(TemplateError::syntax(format!("expressions are nested more than {MAX_DEPTH} deep")));
        }
    }
    Ok(())
}

/// minijinja's grammar has no unary plus. Its lexer tells where a `+` has no left operand; there it becomes a blank, so that
/// every other place in the text stays what it was.
fn without_unary_plus(text: &str, in_expr: bool, config: &SyntaxConfig) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut operand_before = false;
    let mut found = false;
    for token in machinery::tokenize(text, in_expr, config.clone()) {
        let (token, span) = token.ok()?;
        if matches!(token, Token::Plus) && !operand_before {
            // A plus is one byte, and its span lies within the text that was lexed.
            bytes[span.start_offset as usize] = b' ';
            found = true;
            continue;
        }
        operand_before = match token {
            Token::Ident(name) => !matches!(name, "and" | "or" | "not" | "in" | "if" | "else" | "is"),
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => true,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => true,
            _ => false,
        };
    }
    found.then(|| String::from_utf8(bytes).ok()).flatten()
}

struct Lower<'a> {
    text: &'a str,
    names: &'a Registry,
    /// Backslashes in literals of `{{ }}` are literal (Ansible's inline templates).
    raw_strings: bool,
    in_emit: bool,
    unknown: Vec<Unknown>,
    uses: MacroUses,
    depth: usize,
    /// The mark that ends blocks.
    block_end: &'a str,
}

fn span(s: machinery::Span) -> Span {
    Span { start: s.start_offset, end: s.end_offset }
}

impl Lower<'_> {
    fn stmts(&mut self, stmts: &[mj::Stmt<'_>]) -> Result<Vec<Stmt>> {
        stmts.iter().map(|s| self.stmt(s)).collect()
    }

    fn stmt(&mut self, stmt: &mj::Stmt<'_>) -> Result<Stmt> {
        use mj::Stmt as S;
        let (node, at) = match stmt {
            S::Template(t) => (StmtNode::Group(self.stmts(&t.children)?), t.span()),
            S::EmitRaw(t) => (StmtNode::Text(self.raw_text(t.raw, span(t.span())).into()), t.span()),
            S::EmitExpr(e) => {
                self.in_emit = true;
                let expr = self.expr(&e.expr);
                self.in_emit = false;
                (StmtNode::Emit(expr?), e.span())
            }
            S::ForLoop(f) => (
                StmtNode::For(Arc::new(For {
                    target: self.target(&f.target)?,
                    iter: self.expr(&f.iter)?,
                    filter: f.filter_expr.as_ref().map(|e| self.expr(e)).transpose()?,
                    recursive: f.recursive,
                    body: self.stmts(&f.body)?,
                    otherwise: self.stmts(&f.else_body)?,
                })),
                f.span(),
            ),
            S::IfCond(c) => (
                StmtNode::If {
                    test: self.expr(&c.expr)?,
                    then: self.stmts(&c.true_body)?,
                    otherwise: self.stmts(&c.false_body)?,
                },
                c.span(),
            ),
            S::WithBlock(w) => {
                let assignments =
                    w.assignments.iter().map(|(t, e)| Ok((self.target(t)?, self.expr(e)?))).collect::<Result<_>>()?;
                (StmtNode::With(assignments, self.stmts(&w.body)?), w.span())
            }
            S::Set(s) => (StmtNode::Set(self.target(&s.target)?, self.expr(&s.expr)?), s.span()),
            S::SetBlock(s) => {
                let filters = s.filter.as_ref().map_or(Ok(Vec::new()), |f| self.filter_chain(f))?;
                (StmtNode::SetBlock(self.target(&s.target)?, filters, self.stmts(&s.body)?), s.span())
            }
            S::AutoEscape(a) => (StmtNode::Group(self.stmts(&a.body)?), a.span()),
            S::FilterBlock(f) => (StmtNode::FilterBlock(self.filter_chain(&f.filter)?, self.stmts(&f.body)?), f.span()),
            S::Block(b) => (
                StmtNode::Block(Arc::new(Block {
                    name: b.name.into(),
                    required: b.required,
                    body: self.stmts(&b.body)?,
                })),
                b.span(),
            ),
            S::Import(i) => (StmtNode::Import(self.expr(&i.expr)?, name_of(&i.name)?), i.span()),
            S::FromImport(f) => {
                let names = f
                    .names
                    .iter()
                    .map(|(name, alias)| {
                        let name = name_of(name)?;
                        let alias = alias.as_ref().map_or(Ok(name.clone()), name_of)?;
                        Ok((name, alias))
                    })
                    .collect::<Result<_>>()?;
                (StmtNode::FromImport(self.expr(&f.expr)?, names), f.span())
            }
            S::Extends(e) => (StmtNode::Extends(self.expr(&e.name)?), e.span()),
            S::Include(i) => {
                (StmtNode::Include { name: self.expr(&i.name)?, ignore_missing: i.ignore_missing }, i.span())
            }
            S::Macro(m) => (StmtNode::Macro(Arc::new(self.macro_decl(m)?)), m.span()),
            S::CallBlock(c) => {
                let call = self.call(&c.call, c.call.span())?;
                (StmtNode::CallBlock(call, Arc::new(self.macro_decl(&c.macro_decl)?)), c.span())
            }
            S::Continue(c) => (StmtNode::Continue, c.span()),
            S::Break(b) => (StmtNode::Break, b.span()),
            S::Do(d) => (StmtNode::Do(self.call(&d.call, d.call.span())?), d.span()),
        };
        Ok(Stmt { node, span: span(at) })
    }

    /// The newline behind `{% raw %}` stays in Jinja2, whatever `trim_blocks` says; minijinja drops it.
    fn raw_text<'t>(&'t self, raw: &'t str, span: Span) -> &'t str {
        let start = span.start as usize;
        // The text is a part of what was parsed.
        let Some(offset) = (raw.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize) else { return raw };
        let dropped = self.text.get(start..offset).unwrap_or_default();
        let before = self.text.get(..start).unwrap_or_default();
        let minus = before.strip_suffix(self.block_end).is_some_and(|b| b.ends_with('-'));
        if matches!(dropped, "\n" | "\r\n") && before.ends_with(self.block_end) && !minus {
            self.text.get(start..offset + raw.len()).unwrap_or(raw)
        } else {
            raw
        }
    }

    fn macro_decl(&mut self, m: &mj::Macro<'_>) -> Result<Macro> {
        let outer = std::mem::take(&mut self.uses);
        let decl = Macro {
            name: m.name.into(),
            params: m.args.iter().map(name_of).collect::<Result<_>>()?,
            defaults: self.exprs(&m.defaults)?,
            body: self.stmts(&m.body)?,
            uses: self.uses,
        };
        // What an inner macro mentions is its own.
        self.uses = outer;
        Ok(decl)
    }

    fn target(&mut self, target: &mj::Expr<'_>) -> Result<Target> {
        Ok(match target {
            mj::Expr::Var(v) => Target::Name(v.id.into()),
            mj::Expr::Tuple(t) => {
                Target::Tuple(t.items.iter().map(|i| self.target(i)).collect::<Result<_>>()?, span(t.span()))
            }
            mj::Expr::List(l) => {
                Target::Tuple(l.items.iter().map(|i| self.target(i)).collect::<Result<_>>()?, span(l.span()))
            }
            mj::Expr::GetAttr(a) => Target::Attr(self.expr(&a.expr)?, a.name.into()),
            other => return Err(TemplateError::syntax(format!("can't assign to {}", other.description()))),
        })
    }

    /// `{% filter a | b %}`: from the innermost to the outermost.
    fn filter_chain(&mut self, expr: &mj::Expr<'_>) -> Result<Vec<FilterCall>> {
        let mj::Expr::Filter(f) = expr else {
            return Err(TemplateError::syntax("expected a filter"));
        };
        let mut chain = f.expr.as_ref().map_or(Ok(Vec::new()), |inner| self.filter_chain(inner))?;
        chain.push(self.filter_call(f.name, &f.args, span(f.span()))?);
        Ok(chain)
    }

    fn filter_call(&mut self, name: &str, args: &[mj::CallArg<'_>], span: Span) -> Result<FilterCall> {
        let filter = self.names.filter(name);
        if matches!(filter, FilterKind::Unknown) {
            self.unknown.push(Unknown { what: "filter", name: name.into(), span });
        }
        Ok(FilterCall { name: name.into(), filter, args: self.args(args)?, span })
    }

    fn exprs(&mut self, exprs: &[mj::Expr<'_>]) -> Result<Vec<Expr>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn boxed(&mut self, expr: &mj::Expr<'_>) -> Result<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    fn expr(&mut self, expr: &mj::Expr<'_>) -> Result<Expr> {
        if self.depth >= MAX_DEPTH {
            return Err(TemplateError::syntax(format!("expressions are nested more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let lowered = match expr {
            mj::Expr::BinOp(b) => self.spine(b),
            other => self.node(other),
        };
        self.depth -= 1;
        lowered
    }

    /// Operators lean to the left: `a + b + c` is walked along that side, not descended into.
    fn spine(&mut self, b: &mj::Spanned<mj::BinOp<'_>>) -> Result<Expr> {
        let mut pending = vec![b];
        let mut leftmost = &b.left;
        while let mj::Expr::BinOp(inner) = leftmost {
            pending.push(inner);
            leftmost = &inner.left;
        }
        let mut left = self.expr(leftmost)?;
        for b in pending.into_iter().rev() {
            let node = self.binary(b.op, Box::new(left), &b.right)?;
            left = Expr { node, span: span(b.span()) };
        }
        Ok(left)
    }

    fn node(&mut self, expr: &mj::Expr<'_>) -> Result<Expr> {
        use mj::Expr as E;
        let at = span(expr.span());
        let node = match expr {
            E::Var(v) => {
                match v.id {
                    "varargs" => self.uses.varargs = true,
                    "kwargs" => self.uses.kwargs = true,
                    "caller" => self.uses.caller = true,
                    _ => {}
                }
                Node::Var(v.id.into())
            }
            E::Const(c) => Node::Const(self.constant(&c.value, at)?),
            E::List(l) => Node::List(self.exprs(&l.items)?),
            E::Tuple(t) => Node::Tuple(self.exprs(&t.items)?),
            E::Map(m) => {
                let entries = m
                    .keys
                    .iter()
                    .zip(&m.values)
                    .map(|(k, v)| Ok((self.expr(k)?, self.expr(v)?)))
                    .collect::<Result<_>>()?;
                Node::Map(entries)
            }
            E::GetAttr(a) => Node::Attr(self.boxed(&a.expr)?, a.name.into()),
            E::GetItem(i) => {
                let object = self.boxed(&i.expr)?;
                let subscript = self.expr(&i.subscript_expr)?;
                match subscript.node {
                    Node::Const(value) => {
                        let key = Key::try_from(&value).ok();
                        Node::ItemConst(object, value, key)
                    }
                    _ => Node::Item(object, Box::new(subscript)),
                }
            }
            E::Slice(s) => {
                let mut part = |e: &Option<mj::Expr<'_>>| e.as_ref().map(|e| self.boxed(e)).transpose();
                let bounds = [part(&s.start)?, part(&s.stop)?, part(&s.step)?];
                Node::Slice(self.boxed(&s.expr)?, bounds)
            }
            E::UnaryOp(u) => {
                let inner = self.boxed(&u.expr)?;
                match u.op {
                    mj::UnaryOpKind::Not => Node::Not(inner),
                    mj::UnaryOpKind::Neg => Node::Neg(inner),
                }
            }
            E::BinOp(b) => return self.spine(b),
            E::Compare(c) => {
                let ops = c
                    .ops
                    .iter()
                    .map(|op| {
                        let kind = match op.op {
                            mj::CompareOpKind::Eq => CompareOp::Eq,
                            mj::CompareOpKind::Ne => CompareOp::Ne,
                            mj::CompareOpKind::Lt => CompareOp::Lt,
                            mj::CompareOpKind::Lte => CompareOp::Le,
                            mj::CompareOpKind::Gt => CompareOp::Gt,
                            mj::CompareOpKind::Gte => CompareOp::Ge,
                            mj::CompareOpKind::In => CompareOp::In,
                            mj::CompareOpKind::NotIn => CompareOp::NotIn,
                        };
                        Ok((kind, self.expr(&op.expr)?))
                    })
                    .collect::<Result<_>>()?;
                Node::Compare(self.boxed(&c.expr)?, ops)
            }
            E::IfExpr(i) => Node::If(
                self.boxed(&i.test_expr)?,
                self.boxed(&i.true_expr)?,
                i.false_expr.as_ref().map(|e| self.boxed(e)).transpose()?,
            ),
            E::Filter(f) => {
                let Some(input) = &f.expr else { return Err(TemplateError::syntax("a filter without a value")) };
                let input = self.boxed(input)?;
                Node::Filter(input, self.filter_call(f.name, &f.args, at)?)
            }
            E::Test(t) => {
                let test = self.names.test(t.name);
                if test.is_none() {
                    self.unknown.push(Unknown { what: "test", name: t.name.into(), span: at });
                }
                let input = self.boxed(&t.expr)?;
                Node::Test(input, TestCall { name: t.name.into(), test, args: self.args(&t.args)? })
            }
            E::Call(c) => return self.call(c, c.span()),
        };
        Ok(Expr { node, span: at })
    }

    fn binary(&mut self, op: mj::BinOpKind, left: Box<Expr>, right: &mj::Expr<'_>) -> Result<Node> {
        use mj::BinOpKind as K;
        let right = self.expr(right)?;
        let compare = |op, left, right| Node::Compare(left, vec![(op, right)]);
        let binary = |op, left, right| Node::Binary(op, left, Box::new(right));
        Ok(match op {
            K::Eq => compare(CompareOp::Eq, left, right),
            K::Ne => compare(CompareOp::Ne, left, right),
            K::Lt => compare(CompareOp::Lt, left, right),
            K::Lte => compare(CompareOp::Le, left, right),
            K::Gt => compare(CompareOp::Gt, left, right),
            K::Gte => compare(CompareOp::Ge, left, right),
            K::In => compare(CompareOp::In, left, right),
            K::ScAnd => Node::And(left, Box::new(right)),
            K::ScOr => Node::Or(left, Box::new(right)),
            K::Add => binary(BinaryOp::Add, left, right),
            K::Sub => binary(BinaryOp::Sub, left, right),
            K::Mul => binary(BinaryOp::Mul, left, right),
            K::Div => binary(BinaryOp::Div, left, right),
            K::FloorDiv => binary(BinaryOp::FloorDiv, left, right),
            K::Rem => binary(BinaryOp::Rem, left, right),
            K::Pow => binary(BinaryOp::Pow, left, right),
            K::Concat => binary(BinaryOp::Concat, left, right),
        })
    }

    fn call(&mut self, c: &mj::Call<'_>, at: machinery::Span) -> Result<Expr> {
        let at = span(at);
        let mut args = self.args(&c.args)?;
        let node = match &c.expr {
            mj::Expr::GetAttr(a) => Node::Method(self.boxed(&a.expr)?, a.name.into(), args),
            mj::Expr::Var(v)
                if matches!(v.id, "lookup" | "query" | "q")
                    && matches!(args.first(), Some(Arg::Positional(Expr { node: Node::Const(n), .. })) if n.as_str().is_some()) =>
            {
                let Arg::Positional(Expr { node: Node::Const(name), .. }) = args.remove(0) else { unreachable!() };
                // The guard has seen that it is text.
                let name: Arc<str> = name.as_str().unwrap_or_default().into();
                let lookup = self.names.lookup(&name);
                if lookup.is_none() {
                    self.unknown.push(Unknown { what: "lookup", name: name.clone(), span: at });
                }
                Node::Lookup(LookupCall { name, lookup, query: v.id != "lookup", args })
            }
            other => Node::Call(self.boxed(other)?, args),
        };
        Ok(Expr { node, span: at })
    }

    fn args(&mut self, args: &[mj::CallArg<'_>]) -> Result<Vec<Arg>> {
        args.iter()
            .map(|arg| {
                Ok(match arg {
                    mj::CallArg::Pos(e) => Arg::Positional(self.expr(e)?),
                    mj::CallArg::Kwarg(name, e) => Arg::Named((*name).into(), self.expr(e)?),
                    mj::CallArg::PosSplat(e) => Arg::Splat(self.expr(e)?),
                    mj::CallArg::KwargSplat(e) => Arg::NamedSplat(self.expr(e)?),
                })
            })
            .collect()
    }

    fn constant(&self, value: &minijinja::Value, at: Span) -> Result<Value> {
        Ok(match value.kind() {
            ValueKind::None | ValueKind::Undefined => Value::NULL,
            ValueKind::Bool => Value::from(value.is_true()),
            ValueKind::Number if value.is_integer() => match i64::try_from(value.clone()) {
                Ok(i) => Value::from(i),
                // Literals are read as unsigned integers of up to 128 bits; only their decimal text is public.
                Err(_) => Value::big_int(
                    value.to_string().parse::<BigInt>().map_err(|_| TemplateError::syntax("invalid integer"))?,
                ),
            },
            ValueKind::Number => Value::new(Data::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN))),
            ValueKind::String => {
                let parsed = value.as_str().unwrap_or_default();
                let written = self.text.get(at.start as usize..at.end as usize).unwrap_or_default();
                // Python's escapes differ from minijinja's, and Ansible's inline templates have none.
                if written.contains('\\') {
                    let raw = self.raw_strings && self.in_emit;
                    Value::str(literal::string(written, raw).unwrap_or_else(|| parsed.to_owned()))
                } else {
                    Value::str(parsed)
                }
            }
            _ => return Err(TemplateError::syntax("unexpected constant")),
        })
    }
}

fn name_of(expr: &mj::Expr<'_>) -> Result<Arc<str>> {
    match expr {
        mj::Expr::Var(v) => Ok(v.id.into()),
        other => Err(TemplateError::syntax(format!("expected a name, got {}", other.description()))),
    }
}
