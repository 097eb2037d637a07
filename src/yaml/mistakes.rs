//! Tests of what people read when they make the usual mistakes: line:column, message, hint.

use adept_wire::Trust;

use super::loader::load_one;

/// `line:column(width) message | hint`
fn said(text: &str) -> String {
    match load_one(text, "t.yml", Trust::Template) {
        Ok((value, _)) => format!("no error: {value:?}"),
        Err(e) => {
            let place = e.place().unwrap();
            let origin = &place.origin;
            let hint = e.hint().map(|h| format!(" | {h}")).unwrap_or_default();
            format!("{}:{}({}) {e}{hint}", origin.line, origin.column, place.width)
        }
    }
}

#[test]
fn the_usual_mistakes() {
    let text = include_str!("testdata/mistakes.txt");
    let mut differences = Vec::new();
    let mut count = 0;
    for case in text.split("\n=====\n").skip(1) {
        let (source, expected) = case.split_once("\n-----\n").unwrap();
        let source = source.replace("→", "\t") + "\n";
        let ours = said(&source);
        count += 1;
        if ours != expected.trim_end() {
            differences.push(format!("{source}-----\n{ours}"));
        }
    }
    assert!(count > 40);
    assert!(differences.is_empty(), "\n{}", differences.join("\n=====\n"));
}
