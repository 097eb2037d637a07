//! YAML's `!!timestamp`: `2001-12-14`, `2001-12-14t21:59:43.10-05:00`.

use adept_wire::{Date, Time};

/// Does the plain text look like a timestamp (PyYAML's implicit resolver)? It may still name a day that isn't there.
pub(super) fn looks_like(text: &str) -> bool {
    let b = text.as_bytes();
    // The short form needs two digits each; one digit is allowed only where a time follows.
    if b.len() == 10 {
        return b[4] == b'-' && b[7] == b'-' && [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|&i| b[i].is_ascii_digit());
    }
    fields(text).is_some_and(|f| f.time.is_some())
}

/// The date that the text names. `None` if it isn't one, or if there is no such day or time.
pub(super) fn parse(text: &str) -> Option<Date> {
    let fields = fields(text)?;
    let days = match fields.month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if fields.year % 4 == 0 && (fields.year % 100 != 0 || fields.year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    };
    let valid_time = fields.time.as_ref().is_none_or(|t| {
        // Python's timezone() wants less than a day.
        t.hour < 24 && t.minute < 60 && t.second < 60 && t.offset.is_none_or(|o| o.abs() < 86_400)
    });
    (fields.year > 0 && (1..=days).contains(&fields.day) && valid_time).then_some(fields)
}

/// What is written, not yet checked against the calendar.
fn fields(text: &str) -> Option<Date> {
    let mut r = Reader(text.as_bytes());
    let year = r.digits(4, 4)?;
    r.byte(b'-')?;
    let month = r.digits(1, 2)?;
    r.byte(b'-')?;
    let day = r.digits(1, 2)?;
    let mut date = Date { year: year as i32, month: month as u8, day: day as u8, time: None };
    if r.0.is_empty() {
        return Some(date);
    }
    if !r.blanks() {
        r.byte(b'T').or_else(|| r.byte(b't'))?;
    }
    let hour = r.digits(1, 2)?;
    r.byte(b':')?;
    let minute = r.digits(2, 2)?;
    r.byte(b':')?;
    let second = r.digits(2, 2)?;
    let micro = if r.byte(b'.').is_some() { r.fraction() } else { 0 };
    r.blanks();
    let offset = match r.0.first() {
        None => None,
        Some(b'Z') => {
            r.byte(b'Z');
            Some(0)
        }
        Some(sign @ (b'+' | b'-')) => {
            r.byte(*sign);
            let hours = r.digits(1, 2)?;
            let minutes = if r.byte(b':').is_some() { r.digits(2, 2)? } else { 0 };
            let seconds = (hours * 60 + minutes) as i32 * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        Some(_) => return None,
    };
    if !r.0.is_empty() {
        return None;
    }
    date.time = Some(Time { hour: hour as u8, minute: minute as u8, second: second as u8, micro, offset });
    Some(date)
}

/// The text that is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_ascii_start();
        let blanks = &self.0[..self.0.len() - rest.len()];
        let only_blanks = blanks.iter().all(|b| matches!(b, b' ' | b'\t'));
        if only_blanks {
            self.0 = rest;
        }
        only_blanks && !blanks.is_empty()
    }

    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let n = self.0.iter().take(max).take_while(|b| b.is_ascii_digit()).count();
        if n < min {
            return None;
        }
        let (digits, rest) = self.0.split_at(n);
        self.0 = rest;
        Some(digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
    }

    /// Microseconds; further digits are cut off.
    fn fraction(&mut self) -> u32 {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(n);
        self.0 = rest;
        (0..6).fold(0, |n, i| n * 10 + digits.get(i).map_or(0, |d| u32::from(d - b'0')))
    }
}
