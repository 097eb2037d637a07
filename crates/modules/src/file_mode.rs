//! `FileMode`: the `mode` parameter, octal (`0644`) or symbolic (`u=rwX,g-w,+t`).

/// A mode as it was written, checked, ready to be applied to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// These bits, whatever the file has.
    Octal(u32),
    /// Changes to the bits that the file has.
    Symbolic(Vec<Clause>),
}

/// One step of a symbolic mode: for these classes, add, remove or set these permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    classes: Vec<char>,
    /// Without a class (`+w`), the umask limits which bits are touched.
    umask_applies: bool,
    operator: char,
    permissions: String,
}

impl FileMode {
    /// Parses octal or symbolic text.
    ///
    /// # Errors
    /// One sentence that says which part is no mode.
    pub fn parse(text: &str) -> Result<FileMode, String> {
        let digits = text.trim().trim_start_matches("0o");
        if let Ok(bits) = u32::from_str_radix(digits, 8) {
            return Ok(FileMode::Octal(bits));
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            let Some(first) = part.find(['+', '-', '=']) else { return Err(bad(part)) };
            let who = &part[..first];
            if who.chars().any(|c| !"ugoa".contains(c)) {
                return Err(bad(part));
            }
            let classes: Vec<char> =
                if who.is_empty() || who.contains('a') { vec!['u', 'g', 'o'] } else { who.chars().collect() };
            let mut rest = &part[first..];
            while let Some(operator) = rest.chars().next() {
                let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |at| at + 1);
                let permissions = &rest[1..end];
                if permissions.chars().any(|c| !"rwxXstugo".contains(c)) {
                    return Err(bad(part));
                }
                clauses.push(Clause {
                    classes: classes.clone(),
                    umask_applies: who.is_empty(),
                    operator,
                    permissions: permissions.to_string(),
                });
                rest = &rest[end..];
            }
        }
        Ok(FileMode::Symbolic(clauses))
    }

    /// The bits a file gets that has `current` now.
    pub fn apply(&self, current: u32, is_dir: bool, umask: u32) -> u32 {
        let clauses = match self {
            FileMode::Octal(bits) => return *bits,
            FileMode::Symbolic(clauses) => clauses,
        };
        let mut mode = current & 0o7777;
        for clause in clauses {
            for &class in &clause.classes {
                let mut bits = clause.bits(class, mode, is_dir || current & 0o111 != 0);
                if clause.umask_applies {
                    bits &= !umask;
                }
                mode = match clause.operator {
                    '+' => mode | bits,
                    '-' => mode & !bits,
                    _ => mode & !class_mask(class) | bits,
                };
            }
        }
        mode
    }
}

impl Clause {
    fn bits(&self, class: char, mode: u32, executable: bool) -> u32 {
        let shift = class_shift(class);
        self.permissions
            .chars()
            .map(|p| match p {
                'r' => 0o4 << shift,
                'w' => 0o2 << shift,
                'x' => 0o1 << shift,
                'X' if executable => 0o1 << shift,
                's' if class == 'u' => 0o4000,
                's' if class == 'g' => 0o2000,
                't' if class == 'o' => 0o1000,
                'u' | 'g' | 'o' => (mode >> class_shift(p) & 0o7) << shift,
                _ => 0,
            })
            .fold(0, |all, bits| all | bits)
    }
}

fn class_shift(class: char) -> u32 {
    match class {
        'u' => 6,
        'g' => 3,
        _ => 0,
    }
}

/// What `=` clears before it sets.
fn class_mask(class: char) -> u32 {
    match class {
        'u' => 0o4700,
        'g' => 0o2070,
        _ => 0o1007,
    }
}

fn bad(part: &str) -> String {
    format!("bad symbolic permission for mode: {part}")
}

#[cfg(test)]
mod tests {
    use super::FileMode;

    #[test]
    fn symbolic_modes_as_ansible_applies_them() {
        // Recorded from ansible-core 2.19: mode, before, is it a directory, after (umask 022).
        for (text, before, is_dir, after) in [
            ("u=,go++g", 0o0, false, 0o0),
            ("o+X", 0o2750, true, 0o2751),
            ("a=wtr", 0o644, true, 0o1666),
            ("a+w", 0o4711, false, 0o4733),
            ("u+x", 0o755, true, 0o755),
            ("o=rx,u-X", 0o0, false, 0o5),
            ("u-g", 0o644, false, 0o244),
            ("u+rws+xst", 0o2750, false, 0o6750),
            ("o+g", 0o755, true, 0o755),
            ("o-g,ug-wr", 0o600, false, 0o0),
            ("g+rwx", 0o2750, false, 0o2770),
            ("a=u", 0o0, true, 0o0),
            ("a-", 0o600, false, 0o600),
            ("-s-Xx", 0o2750, false, 0o640),
            ("=u-wr", 0o0, true, 0o0),
            ("go-,go=Xx", 0o2750, false, 0o711),
            ("ug+sxt", 0o2750, false, 0o6750),
            ("ug=tX,u=g", 0o1777, false, 0o1117),
            ("a-xrX,a=tr=swt", 0o600, false, 0o7222),
            ("g+", 0o1777, false, 0o1777),
            ("a-tsr", 0o4711, true, 0o311),
            ("-rsx", 0o644, false, 0o200),
            ("-xw", 0o640, false, 0o440),
            ("ug+sXw,a=", 0o640, true, 0o0),
            ("o=Xtw,g=Xwx", 0o2750, false, 0o1733),
            ("-g", 0o2750, true, 0o2200),
            ("+X=wX", 0o644, true, 0o311),
            ("go-Xs", 0o0, false, 0o0),
            ("ug+xs,ug=", 0o0, true, 0o0),
            ("ug-trw,-Xts=x", 0o0, false, 0o111),
            ("u-tX", 0o2750, true, 0o2650),
            ("ug=u=", 0o755, false, 0o5),
            ("go=", 0o1777, false, 0o700),
            ("g+s+x", 0o0, true, 0o2010),
            ("a+o=,ug-+swr", 0o640, true, 0o6660),
            ("o=rw+st,o=x", 0o2750, false, 0o2751),
            ("go-o", 0o640, true, 0o640),
            ("=,-X", 0o0, false, 0o0),
            ("-", 0o600, false, 0o600),
            ("ug+wtX", 0o1777, false, 0o1777),
        ] {
            let mode = FileMode::parse(text).unwrap();
            assert_eq!(
                format!("{:04o}", mode.apply(before, is_dir, 0o022)),
                format!("{after:04o}"),
                "{text} on {before:o}"
            );
        }
    }

    #[test]
    fn what_is_no_mode() {
        for text in ["", "u", "u=q", "999", "k+w", "u+w,", "rw"] {
            assert!(FileMode::parse(text).is_err(), "{text}");
        }
    }
}
