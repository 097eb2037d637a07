//! Format specifications: `>10`, `08.3f`, `,`, `#x`. Shared by `str.format` and the `%` operator.

use adept_wire::{BigInt, Data};
use num_traits::{Signed, ToPrimitive};

use super::call::Result;
use super::dates;
use super::error::TemplateError;
use super::eval::Eval;
use super::number::Number;
use super::text::float_repr;
use super::val::Val;

/// `[[fill]align][sign][#][0][width][,][.precision][type]`
#[derive(Clone, Debug, Default)]
pub(crate) struct FormatSpec {
    pub fill: Option<char>,
    pub align: Option<char>,
    pub sign: Option<char>,
    pub alternate: bool,
    pub zero: bool,
    pub width: usize,
    pub grouping: Option<char>,
    pub precision: Option<usize>,
    pub kind: Option<char>,
    /// As it was written: a date takes it as its `strftime` format.
    pub written: String,
}

impl FormatSpec {
    /// Reads a specification of `str.format`.
    pub fn parse(text: &str) -> Result<FormatSpec> {
        let mut spec = FormatSpec { written: text.to_owned(), ..FormatSpec::default() };
        let chars: Vec<char> = text.chars().collect();
        let is_align = |c: &char| matches!(c, '<' | '>' | '^' | '=');
        let mut at = 0;
        if chars.get(1).is_some_and(is_align) {
            spec.fill = Some(chars[0]);
            spec.align = Some(chars[1]);
            at = 2;
        } else if chars.first().is_some_and(is_align) {
            spec.align = Some(chars[0]);
            at = 1;
        }
        if let Some(c @ ('+' | '-' | ' ')) = chars.get(at) {
            spec.sign = Some(*c);
            at += 1;
        }
        if chars.get(at) == Some(&'#') {
            spec.alternate = true;
            at += 1;
        }
        if chars.get(at) == Some(&'0') {
            spec.zero = true;
            at += 1;
        }
        let number = |at: &mut usize| {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            chars[start..*at].iter().collect::<String>().parse::<usize>().ok()
        };
        spec.width = number(&mut at).unwrap_or(0);
        if let Some(c @ (',' | '_')) = chars.get(at) {
            spec.grouping = Some(*c);
            at += 1;
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            spec.precision =
                Some(number(&mut at).ok_or_else(|| TemplateError::failed("Format specifier missing precision"))?);
        }
        spec.kind = chars.get(at).copied();
        if spec.width > 1 << 24 || spec.precision.is_some_and(|p| p > 1 << 16) {
            return Err(TemplateError::failed("Too many decimal digits in format string"));
        }
        Ok(spec)
    }

    /// Formats a value.
    pub fn format(&self, eval: &Eval<'_>, val: &Val) -> Result<String> {
        let value = val.defined()?.as_value();
        if let Some(Data::Date(d)) = value.map(|v| &v.data) {
            return dates::strftime(d, &self.written);
        }
        let is_bool = value.is_some_and(|v| v.as_bool().is_some()) && self.kind.is_none();
        match value.and_then(Number::of) {
            Some(number) if !is_bool => self.number(&number, val.type_name()),
            Some(_) => Ok(self.pad(&eval.text(val)?, "", '<')),
            None => {
                let text = match value.and_then(|v| v.as_str()) {
                    Some(text) => text.to_owned(),
                    None => {
                        let message = format!("unsupported format string passed to {}.__format__", val.type_name());
                        return Err(TemplateError::failed(message));
                    }
                };
                if self.kind.is_some_and(|k| k != 's') {
                    return Err(self.unknown(val.type_name()));
                }
                let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
                Ok(self.pad(&cut, "", '<'))
            }
        }
    }

    fn unknown(&self, type_name: &str) -> TemplateError {
        let kind = self.kind.unwrap_or('?');
        TemplateError::failed(format!("Unknown format code '{kind}' for object of type '{type_name}'"))
    }

    /// Formats a number.
    pub fn number(&self, number: &Number, type_name: &str) -> Result<String> {
        let integer = match number {
            Number::Int(i) => Some(BigInt::from(*i)),
            Number::Big(i) => Some(i.clone()),
            Number::Float(_) => None,
        };
        let kind = self.kind.unwrap_or(if integer.is_some() { 'd' } else { '\0' });
        if let (Some(i), 'd' | 'n' | 'x' | 'X' | 'o' | 'b' | 'c') = (&integer, kind) {
            if kind == 'c' {
                let c = i.to_u32().and_then(char::from_u32);
                let c = c.ok_or_else(|| TemplateError::failed("%c arg not in range(0x110000)"))?;
                return Ok(self.pad(&c.to_string(), "", '<'));
            }
            let digits = i.magnitude().to_str_radix(match kind {
                'x' | 'X' => 16,
                'o' => 8,
                'b' => 2,
                _ => 10,
            });
            let prefix = match kind {
                'x' if self.alternate => "0x",
                'X' if self.alternate => "0X",
                'o' if self.alternate => "0o",
                'b' if self.alternate => "0b",
                _ => "",
            };
            let mut digits = if kind == 'X' { digits.to_uppercase() } else { digits };
            if let Some(least) = self.precision {
                digits = format!("{digits:0>least$}");
            }
            let every = if matches!(kind, 'd' | 'n') { 3 } else { 4 };
            return Ok(self.finish(i.is_negative(), prefix, digits, String::new(), every));
        }
        let f = number.to_f64();
        let size = f.abs();
        let lower = kind.to_ascii_lowercase();
        let mut text = if !size.is_finite() {
            if size.is_nan() { "nan".to_owned() } else { "inf".to_owned() }
        } else {
            match lower {
                'f' => format!("{size:.*}", self.precision.unwrap_or(6)),
                'e' => exponent(size, self.precision.unwrap_or(6)),
                '%' => format!("{:.*}%", self.precision.unwrap_or(6), size * 100.0),
                'g' | 'n' => general(size, self.precision.unwrap_or(6), self.alternate),
                '\0' => match self.precision {
                    None => float_repr(size),
                    Some(precision) => {
                        let text = general(size, precision, false);
                        if text.contains(['.', 'e']) { text } else { text + ".0" }
                    }
                },
                _ => return Err(self.unknown(type_name)),
            }
        };
        if kind.is_ascii_uppercase() {
            text = text.to_uppercase();
        }
        let split = text.find(['.', 'e', 'E', '%']).unwrap_or(text.len());
        let tail = text.split_off(split);
        Ok(self.finish(f.is_sign_negative() && !f.is_nan(), "", text, tail, 3))
    }

    fn finish(&self, negative: bool, prefix: &str, mut digits: String, tail: String, every: usize) -> String {
        if let Some(separator) = self.grouping {
            if self.zero && self.align.is_none() {
                // Zeros that fill the width are grouped with the digits.
                let room = self.width.saturating_sub(
                    tail.chars().count() + prefix.len() + usize::from(negative || self.sign.is_some_and(|s| s != '-')),
                );
                while digits.len() + (digits.len() - 1) / every < room {
                    digits.insert(0, '0');
                }
            }
            let count = digits.len();
            digits = digits
                .chars()
                .enumerate()
                .flat_map(|(i, c)| {
                    let left = count - i;
                    let here = i > 0 && left.is_multiple_of(every);
                    here.then_some(separator).into_iter().chain([c])
                })
                .collect();
        }
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let head = format!("{sign}{prefix}");
        self.pad(&format!("{digits}{tail}"), &head, '>')
    }

    /// `head` (sign and prefix) stays before the fill when that is zeros or `=`.
    pub fn pad(&self, text: &str, head: &str, default_align: char) -> String {
        let zero = self.zero && self.align.is_none();
        let align = self.align.unwrap_or(if zero && default_align == '>' { '=' } else { default_align });
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let len = text.chars().count() + head.chars().count();
        let missing = self.width.saturating_sub(len);
        let blanks = |n: usize| std::iter::repeat_n(fill, n).collect::<String>();
        match align {
            '<' => format!("{head}{text}{}", blanks(missing)),
            '^' => format!("{}{head}{text}{}", blanks(missing / 2), blanks(missing - missing / 2)),
            '=' => format!("{head}{}{text}", blanks(missing)),
            _ => format!("{}{head}{text}", blanks(missing)),
        }
    }
}

/// `1.500000e+00`
fn exponent(f: f64, precision: usize) -> String {
    let text = format!("{f:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%g`: as many significant digits, without trailing zeros unless wanted.
fn general(f: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let scientific = format!("{f:.*e}", precision - 1);
    let power: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let strip = |text: String| {
        if keep_zeros || !text.contains('.') {
            text
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || power >= precision as i32 {
        let text = exponent(f, precision - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        format!("{}e{exponent}", strip(mantissa.to_owned()))
    } else {
        let digits = (precision as i32 - 1 - power).max(0) as usize;
        strip(format!("{f:.digits$}"))
    }
}
