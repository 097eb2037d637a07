//! Filters about dates: `strftime`, `to_datetime`.

use std::sync::Arc;

use adept_wire::{Data, Value};
use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::number::parse_float;
use crate::template::call::{Call, Filter, Result};
use crate::template::dates::from_civil;
use crate::template::number::Number;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[Filter::new("strftime", strftime).impure(), Filter::new("to_datetime", to_datetime)];

fn strftime(call: &mut Call<'_>) -> Result<Val> {
    let second = call.arg(0, "second").filter(|s| !s.is_none());
    let utc = call.bool_arg(1, "utc")?.unwrap_or(false);
    call.finish()?;
    let epoch = match &second {
        None => None,
        Some(second) => {
            let number = second
                .as_value()
                .and_then(|v| Number::of(v).map(|n| n.to_f64()).or_else(|| v.as_str().and_then(parse_float)));
            match number {
                Some(number) if number.is_finite() => Some(number),
                _ => return Err(call.fail(format!("Invalid value for epoch value ({})", call.eval.text(second)?))),
            }
        }
    };
    let at = match epoch {
        None => Ok(Timestamp::now()),
        Some(epoch) => Timestamp::from_second(epoch.floor() as i64),
    };
    let at = at.map_err(|e| call.fail(e.to_string()))?;
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let format = in_c_locale(&call.input_text()?, utc);
    strtime::format(&format, &Zoned::new(at, zone)).map(Val::str).map_err(|e| call.fail(e.to_string()))
}

/// What the C library writes and jiff writes otherwise: the locale's own formats, the zone's name of UTC, and signs that
/// are none.
fn in_c_locale(format: &str, utc: bool) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('c') => out.push_str("%a %b %e %H:%M:%S %Y"),
            Some('x') => out.push_str("%m/%d/%y"),
            Some('X') => out.push_str("%H:%M:%S"),
            Some('Z') if utc => out.push_str("GMT"),
            Some('f') => out.push_str("%%f"),
            Some(c) => {
                out.push('%');
                out.push(c);
            }
            None => out.push_str("%%"),
        }
    }
    out
}

fn to_datetime(call: &mut Call<'_>) -> Result<Val> {
    let format = call.text_arg(0, "format")?.unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".into());
    call.finish()?;
    let text = call.input_text()?;
    let parsed = BrokenDownTime::parse(&*format, text.as_bytes());
    let wrong = || call.fail(format!("time data '{text}' does not match format '{format}'"));
    let parsed = parsed.map_err(|_| wrong())?;
    // Python fills in what the format doesn't name: the first of January 1900, midnight.
    let civil = DateTime::new(
        parsed.year().unwrap_or(1900),
        parsed.month().unwrap_or(1),
        parsed.day().unwrap_or(1),
        parsed.to_time().map_or(0, |t| t.hour()),
        parsed.to_time().map_or(0, |t| t.minute()),
        parsed.to_time().map_or(0, |t| t.second()),
        parsed.to_time().map_or(0, |t| t.subsec_nanosecond()),
    );
    let civil = match parsed.to_datetime() {
        Ok(civil) => civil,
        Err(_) => civil.map_err(|_| wrong())?,
    };
    let date = from_civil(civil, parsed.offset().map(|o| o.seconds()));
    Ok(Val::Value(Value::new(Data::Date(Arc::new(date)))))
}
