//! "Did you mean": the nearest of some names.

/// The nearest candidate, if one is near enough to be a typing error.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(name, c), c))
        .filter(|(distance, c)| *distance <= limit && *distance < c.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_typing_errors_and_nothing_else() {
        let names = ["copy", "command", "template", "file"];
        assert_eq!(did_you_mean("tempalte", names), Some("template"));
        assert_eq!(did_you_mean("comand", names), Some("command"));
        assert_eq!(did_you_mean("uri", names), None);
        assert_eq!(did_you_mean("x", names), None);
    }
}
