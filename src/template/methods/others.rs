//! Methods of numbers, bytes and dates.

use adept_wire::{Data, Date, Value};

use super::super::call::Call;
use super::super::dates;
use super::super::error::TemplateError;
use super::super::number::Number;
use super::super::val::Val;
use super::{Method, method, text};

pub(crate) const INT_METHODS: &[Method] = &[
    method("bit_length", |call| {
        call.finish()?;
        let bits = match call.input.as_value().and_then(Number::of) {
            Some(Number::Int(i)) => u64::from(64 - i.unsigned_abs().leading_zeros()),
            Some(Number::Big(i)) => i.bits(),
            _ => 0,
        };
        Ok(Val::from(bits))
    }),
    method("conjugate", |call| Ok(call.input.clone())),
];

pub(crate) const FLOAT_METHODS: &[Method] = &[method("is_integer", |call| {
    call.finish()?;
    let whole = matches!(call.input.as_value().map(|v| &v.data), Some(Data::Float(f)) if f.fract() == 0.0);
    Ok(Val::from(whole))
})];

pub(crate) const BYTES_METHODS: &[Method] = &[
    method("decode", |call| {
        let encoding = call.text_arg(0, "encoding")?.unwrap_or_else(|| "utf-8".into());
        let errors = call.text_arg(1, "errors")?.unwrap_or_else(|| "strict".into());
        call.finish()?;
        let bytes = bytes(call);
        match encoding.to_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => match std::str::from_utf8(&bytes) {
                Ok(s) => text(s),
                Err(_) if &*errors == "replace" => text(String::from_utf8_lossy(&bytes).as_ref()),
                Err(_) => Err(TemplateError::failed("'utf-8' codec can't decode the bytes")),
            },
            "ascii" if bytes.is_ascii() => text(String::from_utf8_lossy(&bytes).as_ref()),
            "latin-1" | "iso-8859-1" | "latin1" => text(bytes.iter().map(|b| char::from(*b)).collect::<String>()),
            other => Err(call.fail(format!("can't decode with '{other}'"))),
        }
    }),
    method("hex", |call| {
        call.finish()?;
        text(bytes(call).iter().map(|b| format!("{b:02x}")).collect::<String>())
    }),
];

fn bytes(call: &Call<'_>) -> Vec<u8> {
    match call.input.as_value().map(|v| &v.data) {
        Some(Data::Bytes(b)) => b.to_vec(),
        _ => Vec::new(),
    }
}

pub(crate) const DATE_METHODS: &[Method] = &[
    method("strftime", |call| {
        let format = call.required(0, "format")?;
        let format = call.eval.text(&format)?;
        call.finish()?;
        dates::strftime(&date(call), &format).map(Val::str)
    }),
    method("isoformat", |call| {
        let separator = call.text_arg(0, "sep")?.unwrap_or_else(|| "T".into());
        call.finish()?;
        text(date(call).to_string().replacen(' ', &separator, 1))
    }),
    method("date", |call| {
        call.finish()?;
        let mut date = date(call);
        date.time = None;
        Ok(Val::Value(Value::new(Data::Date(date.into()))))
    }),
    method("timestamp", |call| {
        call.finish()?;
        let date = date(call);
        let civil = dates::to_civil(&date)?;
        let zone = match date.time.as_ref().and_then(|t| t.offset) {
            Some(seconds) => jiff::tz::Offset::from_seconds(seconds).map(jiff::tz::TimeZone::fixed).ok(),
            None => None,
        };
        let zoned = civil
            .to_zoned(zone.unwrap_or_else(jiff::tz::TimeZone::system))
            .map_err(|e| TemplateError::failed(e.to_string()))?;
        Ok(Val::from(zoned.timestamp().as_microsecond() as f64 / 1e6))
    }),
    method("weekday", |call| {
        call.finish()?;
        Ok(Val::from(i64::from(dates::to_civil(&date(call))?.weekday().to_monday_zero_offset())))
    }),
    method("isoweekday", |call| {
        call.finish()?;
        Ok(Val::from(i64::from(dates::to_civil(&date(call))?.weekday().to_monday_one_offset())))
    }),
];

fn date(call: &Call<'_>) -> Date {
    match call.input.as_value().map(|v| &v.data) {
        Some(Data::Date(d)) => (**d).clone(),
        // The table of this method is that of dates.
        _ => Date { year: 1, month: 1, day: 1, time: None },
    }
}

pub(crate) fn date_attribute(d: &Date, name: &str) -> Option<Val> {
    let time = d.time.as_ref();
    Some(Val::from(match name {
        "year" => i64::from(d.year),
        "month" => i64::from(d.month),
        "day" => i64::from(d.day),
        "hour" => i64::from(time?.hour),
        "minute" => i64::from(time?.minute),
        "second" => i64::from(time?.second),
        "microsecond" => i64::from(time?.micro),
        _ => return None,
    }))
}
