//! `Date`: YAML's `!!timestamp`, as PyYAML gives it: a date, or a date with a time and perhaps an offset.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A civil date, with a time of day where one was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Date {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Time of day; `None` for a plain date.
    pub time: Option<Time>,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Time {
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
    /// Microseconds, 0 to 999,999.
    pub micro: u32,
    /// Offset from UTC in seconds; `None` for a naive time.
    pub offset: Option<i32>,
}

/// Python's `str()` of a date or datetime.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        let Some(t) = &self.time else { return Ok(()) };
        write!(f, " {:02}:{:02}:{:02}", t.hour, t.minute, t.second)?;
        if t.micro != 0 {
            write!(f, ".{:06}", t.micro)?;
        }
        if let Some(offset) = t.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.abs() / 60;
            write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}
