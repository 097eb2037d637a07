//! Python's `textwrap.wrap`, for `wordwrap`.

/// The lines of one paragraph.
pub(crate) fn wrap(text: &str, width: usize, break_long_words: bool, break_on_hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<Vec<char>> = chunks(text, break_on_hyphens);
    chunks.reverse();
    let mut lines: Vec<String> = Vec::new();
    while !chunks.is_empty() {
        let mut line: Vec<Vec<char>> = Vec::new();
        let mut length = 0;
        let blank = |c: &Vec<char>| c.iter().all(|c| c.is_whitespace());
        if !lines.is_empty() && chunks.last().is_some_and(blank) {
            chunks.pop();
        }
        while let Some(chunk) = chunks.pop_if(|c| length + c.len() <= width) {
            length += chunk.len();
            line.push(chunk);
        }
        if let Some(chunk) = chunks.pop_if(|c| c.len() > width) {
            if break_long_words {
                let space = width - length;
                let mut end = space;
                if break_on_hyphens {
                    let hyphen = chunk[..space.min(chunk.len())].iter().rposition(|c| *c == '-');
                    if let Some(at) = hyphen.filter(|at| *at > 0 && chunk[..*at].iter().any(|c| *c != '-')) {
                        end = at + 1;
                    }
                }
                let rest = chunk[end..].to_vec();
                line.push(chunk[..end].to_vec());
                chunks.push(rest);
            } else if line.is_empty() {
                line.push(chunk);
            } else {
                chunks.push(chunk);
            }
        }
        if line.last().is_some_and(blank) {
            line.pop();
        }
        if !line.is_empty() {
            lines.push(line.concat().into_iter().collect());
        }
    }
    lines
}

/// Words and the blanks between them; words are cut after hyphens between letters.
fn chunks(text: &str, break_on_hyphens: bool) -> Vec<Vec<char>> {
    let chars: Vec<char> = text.chars().collect();
    let letter = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphabetic() || *c == '_');
    let hyphen = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| *c == '-');
    let cut_after = |i: usize| {
        let before = |n| i.checked_sub(n);
        let after = |n| Some(i + n);
        break_on_hyphens
            && hyphen(Some(i))
            && letter(before(1))
            && (letter(before(2)) || (hyphen(before(2)) && letter(before(3))))
            && letter(after(1))
            && (letter(after(2)) || (hyphen(after(2)) && letter(after(3))))
    };
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut cut = true;
    for (i, c) in chars.iter().enumerate() {
        match chunks.last_mut() {
            Some(last) if !cut && last[0].is_whitespace() == c.is_whitespace() => last.push(*c),
            _ => chunks.push(vec![*c]),
        }
        cut = cut_after(i);
    }
    chunks
}
