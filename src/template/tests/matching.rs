//! Tests about text: regular expressions and URLs.

use adept_modules::regex::Flags;

use crate::template::call::{Call, Result, Test};
use crate::template::filters::key::texts;
use crate::template::filters::{Url, compile};

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("match", |call| regex(call, Some("match"))),
    Test::new("search", |call| regex(call, Some("search"))),
    Test::new("regex", |call| regex(call, None)),
    Test::new("uri", |call| url(call, |_| true)),
    Test::new("url", |call| url(call, |u| !u.scheme.is_empty() && !u.netloc.is_empty())),
    Test::new("urn", |call| url(call, |u| u.scheme == "urn")),
];

fn regex(call: &mut Call<'_>, kind: Option<&str>) -> Result<bool> {
    let pattern = call.text_arg(0, "pattern")?.unwrap_or_default();
    let ignorecase = call.bool_arg(1, "ignorecase")?.unwrap_or(false);
    let multiline = call.bool_arg(2, "multiline")?.unwrap_or(false);
    let kind = match kind {
        Some(kind) => kind.into(),
        None => call.text_arg(3, "match_type")?.unwrap_or_else(|| "search".into()),
    };
    call.finish()?;
    let regex = compile(call, &pattern, Flags { ignorecase, multiline, ..Flags::default() })?;
    let text = call.input_text()?;
    let found = match &*kind {
        "search" => regex.is_match(&text),
        "match" => regex.match_start(&text).map(|m| m.is_some()),
        "fullmatch" => regex.fullmatch(&text).map(|m| m.is_some()),
        "findall" => regex.is_match(&text),
        other => {
            return Err(call.fail(format!("Invalid match_type specified. Expected 'search' or 'match', got '{other}'")));
        }
    };
    found.map_err(|e| call.fail(e))
}

fn url(call: &mut Call<'_>, test: impl Fn(&Url) -> bool) -> Result<bool> {
    let schemes = call.value_arg(0, "schemes")?.map(|v| texts(&v)).unwrap_or_default();
    call.finish()?;
    let url = Url::split(&call.input_text()?);
    Ok(test(&url) && (schemes.is_empty() || schemes.contains(&url.scheme)))
}
