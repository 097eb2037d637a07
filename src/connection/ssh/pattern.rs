//! OpenSSH's patterns: `*` and `?`, lists of them, and `!` for what is not meant.

/// Whether a text matches a pattern of `*` and `?`.
pub fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut t, mut p) = (0, 0);
    // Where the last `*` stands, and up to where it has eaten: the only place to go back to.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                t += 1;
                p += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether a list means this text: one pattern matches, and none that begins with `!` does.
pub fn list_matches<'a>(text: &str, patterns: impl IntoIterator<Item = &'a str>) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(not) if matches(text, not) => return false,
            Some(_) => {}
            None => found |= matches(text, pattern),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_go_back() {
        for (text, pattern, yes) in [
            ("web1.example.net", "*.example.net", true),
            ("example.net", "*.example.net", false),
            ("web1", "web?", true),
            ("web12", "web?", false),
            ("axbxc", "*x*c", true),
            ("abcabd", "*abd", true),
            ("", "*", true),
            ("", "?", false),
            ("WEB", "web", false),
        ] {
            assert_eq!(matches(text, pattern), yes, "{text} {pattern}");
        }
    }

    #[test]
    fn what_is_excluded_wins() {
        assert!(list_matches("web1", ["web*", "!web2"]));
        assert!(!list_matches("web2", ["web*", "!web2"]));
        assert!(!list_matches("db", ["!web2"]));
    }
}
