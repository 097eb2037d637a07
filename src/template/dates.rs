//! Dates in templates: `now()`, differences, `strftime`, `isoformat`. Calendar arithmetic is jiff's.

use std::sync::Arc;

use adept_wire::{Data, Date, Time, Value};
use jiff::civil::DateTime;
use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::ast::BinaryOp;
use super::call::{Args, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::object::Object;
use super::val::Val;

/// The time now, without an offset, as Ansible's `now()` gives it.
pub fn now(utc: bool) -> Date {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    from_civil(Zoned::new(Timestamp::now(), zone).datetime(), None)
}

/// A date of ours from one of jiff's.
pub fn from_civil(at: DateTime, offset: Option<i32>) -> Date {
    Date {
        year: i32::from(at.year()),
        month: at.month() as u8,
        day: at.day() as u8,
        time: Some(Time {
            hour: at.hour() as u8,
            minute: at.minute() as u8,
            second: at.second() as u8,
            micro: (at.subsec_nanosecond() / 1000) as u32,
            offset,
        }),
    }
}

/// A date of jiff's; a plain date is its midnight.
///
/// # Errors
/// When there is no such date.
pub fn to_civil(date: &Date) -> Result<DateTime> {
    let invalid = |_| TemplateError::failed(format!("not a date: {date}"));
    let year = i16::try_from(date.year).map_err(|_| TemplateError::failed(format!("not a date: {date}")))?;
    let (hour, minute, second, micro) =
        date.time.as_ref().map_or((0, 0, 0, 0), |t| (t.hour, t.minute, t.second, t.micro));
    DateTime::new(year, date.month as i8, date.day as i8, hour as i8, minute as i8, second as i8, micro as i32 * 1000)
        .map_err(invalid)
}

/// What orders dates.
pub(crate) fn key(date: &Date) -> i128 {
    to_civil(date).map_or(0, |c| micros(&c)) - offset(date)
}

fn offset(date: &Date) -> i128 {
    i128::from(date.time.as_ref().and_then(|t| t.offset).unwrap_or(0)) * 1_000_000
}

fn micros(at: &DateTime) -> i128 {
    // Civil times count as if they were UTC: only differences are looked at.
    at.to_zoned(TimeZone::UTC).map_or(0, |z| i128::from(z.timestamp().as_microsecond()))
}

/// `date.strftime(format)`.
///
/// # Errors
/// When the format is no format.
pub fn strftime(date: &Date, format: &str) -> Result<String> {
    let civil = to_civil(date)?;
    let invalid = |e: jiff::Error| TemplateError::failed(format!("strftime: {e}"));
    // `%f` is Python's microseconds; jiff's is digits of its own choice.
    let micros = date.time.as_ref().map_or(0, |t| t.micro);
    let format = format.replace("%f", &format!("{micros:06}"));
    let zone = match date.time.as_ref().and_then(|t| t.offset) {
        Some(seconds) => jiff::tz::Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(invalid)?,
        // A naive time has no zone: Python prints nothing for %z and %Z.
        None => {
            let format = format.replace("%z", "").replace("%Z", "");
            let naive = civil.to_zoned(if format.contains("%s") { TimeZone::system() } else { TimeZone::UTC });
            return jiff::fmt::strtime::format(&format, &naive.map_err(invalid)?).map_err(invalid);
        }
    };
    jiff::fmt::strtime::format(&format, &civil.to_zoned(zone).map_err(invalid)?).map_err(invalid)
}

/// `a - b`
pub(crate) fn difference(a: &Date, b: &Date) -> Result<Val> {
    if a.time.is_some() != b.time.is_some() {
        return Err(TemplateError::failed(
            "unsupported operand type(s) for -: 'datetime.datetime' and 'datetime.date'",
        ));
    }
    Ok(Val::Object(Arc::new(TimeSpan(key(a) - key(b)))))
}

/// Dates and spans with `+` and `-`; `None` when neither operand is a span.
pub(crate) fn arithmetic(op: BinaryOp, a: &Val, b: &Val) -> Option<Result<Val>> {
    let span = |v: &Val| match v {
        Val::Object(o) => o.micros(),
        _ => None,
    };
    let date = |v: &Val| match v.as_value().map(|v| &v.data) {
        Some(Data::Date(d)) => Some(d.clone()),
        _ => None,
    };
    let sign = match op {
        BinaryOp::Add => 1,
        BinaryOp::Sub => -1,
        _ => return None,
    };
    match (date(a), span(a), date(b), span(b)) {
        (Some(date), _, _, Some(micros)) => Some(shift(&date, sign * micros)),
        (_, Some(micros), Some(date), _) if op == BinaryOp::Add => Some(shift(&date, micros)),
        (_, Some(x), _, Some(y)) => Some(Ok(Val::Object(Arc::new(TimeSpan(x + sign * y))))),
        _ => None,
    }
}

fn shift(date: &Date, micros: i128) -> Result<Val> {
    let overflow = || TemplateError::failed("date value out of range");
    let micros = i64::try_from(micros).map_err(|_| overflow())?;
    let moved = to_civil(date)?.checked_add(jiff::SignedDuration::from_micros(micros)).map_err(|_| overflow())?;
    let mut moved = from_civil(moved, date.time.as_ref().and_then(|t| t.offset));
    if date.time.is_none() {
        moved.time = None;
    }
    Ok(Val::Value(Value::new(Data::Date(Arc::new(moved)))))
}

/// The difference of two dates, Python's `timedelta`: microseconds.
pub struct TimeSpan(pub i128);

impl TimeSpan {
    const DAY: i128 = 86_400_000_000;
}

impl Object for TimeSpan {
    fn type_name(&self) -> &'static str {
        "timedelta"
    }

    fn attr(&self, _eval: &Eval<'_>, name: &str) -> Option<Val> {
        let rest = self.0.rem_euclid(TimeSpan::DAY);
        Some(Val::from(match name {
            "days" => self.0.div_euclid(TimeSpan::DAY) as i64,
            "seconds" => (rest / 1_000_000) as i64,
            "microseconds" => (rest % 1_000_000) as i64,
            _ => return None,
        }))
    }

    fn call_method(&self, _eval: &Eval<'_>, name: &str, _args: Args) -> Option<Result<Val>> {
        (name == "total_seconds").then(|| Ok(Val::from(self.0 as f64 / 1e6)))
    }

    fn truthy(&self) -> bool {
        self.0 != 0
    }

    /// Python's `str(timedelta)`.
    fn to_val(&self) -> Option<Val> {
        let days = self.0.div_euclid(TimeSpan::DAY);
        let rest = self.0.rem_euclid(TimeSpan::DAY);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let mut text = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            _ => format!("{days} days, "),
        };
        text.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        if micros != 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        Some(Val::str(text))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.micros() == Some(self.0)
    }

    fn compare(&self, other: &dyn Object) -> Option<std::cmp::Ordering> {
        other.micros().map(|o| self.0.cmp(&o))
    }

    fn micros(&self) -> Option<i128> {
        Some(self.0)
    }
}
