//! Differences as `--diff` shows them.

use adept_wire::{Data, Diff, Value};

use super::json;
use super::paint::Paint;

/// The text of one difference, with its empty line at the end; empty where nothing differs.
pub(super) fn unified(diff: &Diff, color: bool) -> String {
    let (before, after) = (side(&diff.before), side(&diff.after));
    if before == after {
        return String::new();
    }
    let name =
        |side: &str, header: &str| if header.is_empty() { side.to_string() } else { format!("{side}: {header}") };
    let text = similar::TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(3)
        .header(&name("before", &diff.before_header), &name("after", &diff.after_header))
        .to_string();
    let mut shown = String::new();
    for line in text.lines() {
        let paint = match line.as_bytes().first() {
            Some(b'+') => Paint::Added,
            Some(b'-') => Paint::Removed,
            Some(b'@') => Paint::Hunk,
            _ => Paint::None,
        };
        shown.push_str(&paint.text(color, line));
        shown.push('\n');
    }
    shown.push('\n');
    shown
}

/// Text as it is; attributes as JSON.
fn side(value: &Value) -> String {
    match &value.data {
        Data::Null => String::new(),
        Data::Str(s) => s.to_string(),
        _ => json::dumps(value, Some(4)) + "\n",
    }
}

#[cfg(test)]
mod tests {
    use adept_wire::map;

    use super::*;

    // Recorded from ansible-core 2.19.14 (copy over a file, copy of a new one, file state=directory).
    #[test]
    fn looks_as_ansible_shows_it() {
        let mut diff = Diff {
            before_header: "/tmp/x.txt".into(),
            after_header: "/tmp/x.txt".into(),
            before: "a\nb\nc\n".into(),
            after: "a\nB\nc\nd".into(),
        };
        let expected = "--- before: /tmp/x.txt\n+++ after: /tmp/x.txt\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+d\n\\ No newline at end of file\n\n";
        assert_eq!(unified(&diff, false), expected);
        diff = Diff { before_header: String::new(), before: "".into(), after: "a\nb\nc\n".into(), ..diff };
        assert_eq!(unified(&diff, false), "--- before\n+++ after: /tmp/x.txt\n@@ -0,0 +1,3 @@\n+a\n+b\n+c\n\n");
        diff = Diff {
            before_header: String::new(),
            after_header: String::new(),
            before: map! { "path" => "/tmp/d", "state" => "absent" }.into(),
            after: map! { "path" => "/tmp/d", "state" => "directory" }.into(),
        };
        let expected = "--- before\n+++ after\n@@ -1,4 +1,4 @@\n {\n     \"path\": \"/tmp/d\",\n-    \"state\": \"absent\"\n+    \"state\": \"directory\"\n }\n\n";
        assert_eq!(unified(&diff, false), expected);
        diff.after = diff.before.clone();
        assert_eq!(unified(&diff, false), "");
    }
}
