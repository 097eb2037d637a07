//! Ranges in host names: `web[01:50]`, `db-[a:f]`, `n[1:9:2]`.

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// More hosts than this in one range is a typing error, not an inventory.
const MOST: i64 = 1_000_000;

/// The names that a pattern with ranges stands for; the pattern itself if it has none. The last range runs fastest.
/// The error says what is wrong with the range, in Ansible's words where it has some.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, &'static str> {
    let Some((head, rest)) = pattern.split_once('[') else { return Ok(vec![pattern.to_owned()]) };
    let (range, tail) = rest.split_once(']').ok_or("host range has no closing ']'")?;
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return Err("host range must be begin:end or begin:end:step"),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err("host range must specify end value");
    }
    let step: usize =
        step.parse().ok().filter(|s| *s > 0).ok_or("the step of a host range must be a positive integer")?;
    let steps: Vec<String> = match (letter(begin), letter(end)) {
        (Some(first), Some(last)) if first > last => return Err("host range must have begin <= end"),
        (Some(first), Some(last)) => LETTERS[first..=last].chars().step_by(step).map(String::from).collect(),
        _ => {
            let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
            if width != 0 && width != end.len() {
                return Err("host range must specify equal-length begin and end formats");
            }
            let number = |text: &str| text.parse::<i64>().map_err(|_| "host range must be numbers or single letters");
            let (first, last) = (number(begin)?, number(end)?);
            if last.saturating_sub(first) >= MOST {
                return Err("host range has more than 1,000,000 hosts");
            }
            (first..=last).step_by(step).map(|n| format!("{n:0width$}")).collect()
        }
    };
    let tails = expand(tail)?;
    Ok(steps.iter().flat_map(|s| tails.iter().map(move |t| format!("{head}{s}{t}"))).collect())
}

fn letter(text: &str) -> Option<usize> {
    (text.len() == 1).then(|| LETTERS.find(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn letters_run_from_lower_to_upper_case() {
        assert_eq!(expand("w[y:B]").unwrap(), ["wy", "wz", "wA", "wB"]);
        assert_eq!(expand("w[3:1]").unwrap(), Vec::<String>::new());
        assert_eq!(expand("w[1:x]").unwrap_err(), "host range must be numbers or single letters");
        assert_eq!(expand("w[1:5:0]").unwrap_err(), "the step of a host range must be a positive integer");
        assert!(expand("w[1:9999999]").is_err());
    }
}
