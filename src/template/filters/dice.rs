//! Filters about chance: `random`, `shuffle`. With a seed they give what Ansible gives.

use adept_wire::Data;

use crate::template::call::{Call, Filter, Result};
use crate::template::mersenne::Mersenne;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[Filter::new("random", random).impure(), Filter::new("shuffle", shuffle).impure()];

/// A generator: seeded as Python's `random.Random(seed)`, or by the system.
pub(crate) fn generator(call: &Call<'_>, seed: Option<&Val>) -> Result<Mersenne> {
    let Some(seed) = seed.filter(|s| !s.is_none()) else { return Ok(Mersenne::from_system()) };
    match seed.as_value().map(|v| &v.data) {
        Some(Data::Str(text)) => Ok(Mersenne::from_text(text)),
        Some(Data::Bool(b)) => Ok(Mersenne::from_int(u64::from(*b))),
        Some(Data::Int(i)) => Ok(Mersenne::from_int(i.unsigned_abs())),
        _ => Err(call.fail(format!("a seed must be text or an integer, not {}", seed.type_name()))),
    }
}

fn random(call: &mut Call<'_>) -> Result<Val> {
    let start = call.int_arg(0, "start")?;
    let step = call.int_arg(1, "step")?;
    let seed = call.arg(2, "seed");
    call.finish()?;
    let mut dice = generator(call, seed.as_ref())?;
    if let Some(end) = call.input.as_i64() {
        let (start, step) = (start.unwrap_or(0), step.unwrap_or(1));
        let width = i128::from(end) - i128::from(start);
        let step = i128::from(step);
        let count = match step {
            0 => return Err(call.fail("zero step for randrange()")),
            step if step > 0 => (width + step - 1) / step,
            step => (width + step + 1) / step,
        };
        let Some(count) = u64::try_from(count).ok().filter(|n| *n > 0) else {
            return Err(call.fail(format!("empty range in randrange({start}, {end})")));
        };
        let picked = i128::from(start) + step * i128::from(dice.below(count));
        return Ok(Val::from(i64::try_from(picked).unwrap_or(end)));
    }
    if start.is_some() || step.is_some() {
        return Err(call.fail("start and step can only be used with integer values"));
    }
    let items = call.input_items().map_err(|_| call.fail("random can only be used on sequences and integers"))?;
    if items.is_empty() {
        return Err(call.fail("Cannot choose from an empty sequence"));
    }
    Ok(items[dice.below(items.len() as u64) as usize].clone())
}

fn shuffle(call: &mut Call<'_>) -> Result<Val> {
    let seed = call.arg(0, "seed");
    call.finish()?;
    let mut dice = generator(call, seed.as_ref())?;
    let mut items = call.input_items()?;
    for i in (1..items.len()).rev() {
        items.swap(i, dice.below(i as u64 + 1) as usize);
    }
    Ok(Val::list(items))
}
