//! What crosses the wire between `adept` and `adept-agent`: values, messages, frames. No I/O but frames on a given stream.

mod date;
pub mod frame;
mod key;
mod message;
mod outcome;
mod value;

pub use date::{Date, Time};
pub use key::Key;
pub use message::{Hello, PROTOCOL, Put, Reply, Request, RequestId, Run, Stream};
pub use num_bigint::BigInt;
pub use outcome::{Diff, ModuleOutcome};
pub use value::{Data, Map, Origin, Tag, Trust, Value};
