//! `date_time`: now, in many spellings.

use adept_wire::{Map, Value};
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{Facts, Machine};

pub(super) fn date_time(_: &Machine<'_>, facts: &mut Facts) {
    facts.set("date_time", spellings(&Zoned::now()));
}

fn spellings(now: &Zoned) -> Map {
    let utc = now.with_time_zone(TimeZone::UTC);
    let micros = now.subsec_nanosecond() / 1000;
    let formats = [
        ("year", "%Y"),
        ("month", "%m"),
        ("weekday", "%A"),
        ("weekday_number", "%w"),
        ("weeknumber", "%W"),
        ("day", "%d"),
        ("hour", "%H"),
        ("minute", "%M"),
        ("second", "%S"),
        ("epoch", "%s"),
        ("epoch_int", "%s"),
        ("date", "%Y-%m-%d"),
        ("time", "%H:%M:%S"),
    ];
    let mut map: Map =
        formats.iter().map(|(name, format)| ((*name).into(), now.strftime(format).to_string().into())).collect();
    let mut set = |name: &str, text: String| map.insert(name.into(), Value::from(text));
    set("iso8601_micro", format!("{}.{micros:06}Z", utc.strftime("%Y-%m-%dT%H:%M:%S")));
    set("iso8601", utc.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    set("iso8601_basic", format!("{}{micros:06}", now.strftime("%Y%m%dT%H%M%S")));
    set("iso8601_basic_short", now.strftime("%Y%m%dT%H%M%S").to_string());
    set("tz", now.strftime("%Z").to_string());
    set("tz_dst", daylight_saving_name(now));
    set("tz_offset", now.strftime("%z").to_string());
    map
}

/// What the zone is called in summer; its one name where it has no summer.
fn daylight_saving_name(now: &Zoned) -> String {
    let zone = now.time_zone();
    let of_month = |month: i8| {
        let date = jiff::civil::date(now.year(), month, 1);
        date.to_zoned(zone.clone())
            .ok()
            .map(|z| zone.to_offset_info(z.timestamp()))
            .map(|info| (info.dst().is_dst(), info.abbreviation().to_string()))
    };
    (1..=12)
        .filter_map(of_month)
        .find(|(is_dst, _)| *is_dst)
        .map_or_else(|| now.strftime("%Z").to_string(), |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Python's `datetime` and `time` for the same moment.
    #[test]
    fn spelled_as_ansible() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let now: Zoned = "2026-11-21T09:35:50.372584Z".parse::<jiff::Timestamp>().unwrap().to_zoned(zone);
        let map = spellings(&now);
        for (name, text) in [
            ("date", "2026-11-21"),
            ("hour", "10"),
            ("epoch", "1795253750"),
            ("iso8601", "2026-11-21T09:35:50Z"),
            ("iso8601_micro", "2026-11-21T09:35:50.372584Z"),
            ("iso8601_basic", "20261121T103550372584"),
            ("iso8601_basic_short", "20261121T103550"),
            ("tz", "CET"),
            ("tz_dst", "CEST"),
            ("tz_offset", "+0100"),
            ("weekday", "Saturday"),
            ("weekday_number", "6"),
            ("weeknumber", "46"),
            ("time", "10:35:50"),
        ] {
            assert_eq!(map[name].as_str(), Some(text), "{name}");
        }
    }
}
