//! `sequence`: numbers as text, `'start=1 end=5 format=host%02d'` or `'1-5/2:host%02d'`.

use super::term::Term;
use crate::template::call::{Call, Lookup, Result};
use crate::template::printf;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("sequence", sequence).pure()];

/// More numbers than this are a mistake.
const MAX_COUNT: i128 = 10_000_000;

#[derive(Default)]
struct Options {
    start: Option<i64>,
    end: Option<i64>,
    count: Option<i64>,
    stride: Option<i64>,
    format: Option<String>,
}

const NAMES: &[&str] = &["start", "end", "count", "stride", "format"];

fn sequence(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = super::term::texts(call)?;
    let mut named: Vec<(&str, String)> = Vec::new();
    for name in NAMES {
        if let Some(text) = super::term::text_option(call, name)? {
            named.push((name, text));
        }
    }
    call.finish()?;
    let mut out = Vec::new();
    if terms.is_empty() {
        out.extend(numbers(call, options(call, &named)?)?);
    }
    for term in &terms {
        let mut options = options(call, &named)?;
        if !shortcut(term, &mut options) {
            let parsed = Term::parse(term, NAMES);
            if !parsed.text.is_empty() {
                return Err(call.fail(format!("unrecognized arguments: '{}'", parsed.text)));
            }
            for name in NAMES {
                if let Some(text) = parsed.get(name) {
                    set(call, &mut options, name, text)?;
                }
            }
        }
        out.extend(numbers(call, options)?);
    }
    Ok(out)
}

fn options(call: &Call<'_>, named: &[(&str, String)]) -> Result<Options> {
    let mut options = Options::default();
    for (name, text) in named {
        set(call, &mut options, name, text)?;
    }
    Ok(options)
}

fn set(call: &Call<'_>, options: &mut Options, name: &str, text: &str) -> Result<()> {
    let number = || {
        text.trim()
            .parse::<i64>()
            .map(Some)
            .map_err(|_| call.fail(format!("'{name}' must be an integer, not '{text}'")))
    };
    match name {
        "start" => options.start = number()?,
        "end" => options.end = number()?,
        "count" => options.count = number()?,
        "stride" => options.stride = number()?,
        _ => options.format = Some(text.to_owned()),
    }
    Ok(())
}

/// `[start-]end[/stride][:format]`
fn shortcut(term: &str, options: &mut Options) -> bool {
    let (range, format) = term.split_once(':').map_or((term, None), |(r, f)| (r, Some(f)));
    let (range, stride) = range.split_once('/').map_or((range, None), |(r, s)| (r, Some(s)));
    let (start, end) = range.split_once('-').map_or((None, range), |(s, e)| (Some(s), e));
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let (Some(end), start, stride) = (number(end), start.map(number), stride.map(number)) else { return false };
    if start == Some(None) || stride == Some(None) {
        return false;
    }
    options.start = start.flatten().or(options.start);
    options.end = Some(end);
    options.stride = stride.flatten().or(options.stride);
    options.format = format.map(str::to_owned).or(options.format.take());
    true
}

fn numbers(call: &Call<'_>, options: Options) -> Result<Vec<Val>> {
    let start = options.start.unwrap_or(1);
    let stride = options.stride.unwrap_or(1);
    let end = match (options.count, options.end) {
        (Some(_), Some(_)) => return Err(call.fail("can't specify both count and end")),
        (None, None) => return Err(call.fail("must specify count or end")),
        (Some(0), None) => return Ok(Vec::new()),
        (Some(count), None) => start.saturating_add(count.saturating_mul(stride)).saturating_sub(1),
        (None, Some(end)) => end,
    };
    if stride > 0 && end < start {
        return Err(call.fail("to count backwards make stride negative"));
    }
    if stride < 0 && end > start {
        return Err(call.fail("to count forward don't make stride negative"));
    }
    if stride == 0 {
        return Ok(Vec::new());
    }
    let format = options.format.unwrap_or_else(|| "%d".to_owned());
    let steps = (i128::from(end) - i128::from(start)) / i128::from(stride);
    if steps > MAX_COUNT {
        return Err(call.fail("the sequence is too long"));
    }
    let mut out = Vec::new();
    for i in 0..=steps {
        let n = i128::from(start) + i * i128::from(stride);
        let n = Val::from(i64::try_from(n).unwrap_or(end));
        let text = printf::percent(call.eval, &format, &Val::tuple([n]));
        out.push(Val::str(text.map_err(|_| call.fail(format!("bad formatting string: {format}")))?));
    }
    Ok(out)
}
