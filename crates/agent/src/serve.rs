//! `serve`: the loop over requests.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use adept_wire::{Hello, PROTOCOL, Reply, Request, frame};

use crate::BUILD;
use crate::replies::Replies;
use crate::runs::Runs;
use crate::store::Store;

/// Between TERM and KILL for what still runs when the session ends.
const GRACE_AT_END: Duration = Duration::from_secs(2);

/// Says hello, then answers requests until a goodbye or the end of the input. Ends what runs before it returns.
///
/// # Errors
/// When there is no place for the run directory, when the hello can't be written, and when the input is no request: then
/// the two sides no longer know where a frame begins.
pub fn serve(mut input: impl Read, output: impl Write + Send + 'static) -> io::Result<()> {
    let replies = Arc::new(Replies::new(output));
    let mut store = Store::new().map_err(|e| {
        io::Error::new(e.kind(), format!("can't make a run directory in {}: {e}", std::env::temp_dir().display()))
    })?;
    replies.send(&Reply::Hello(Hello { protocol: PROTOCOL, build: BUILD.into(), pid: std::process::id() }))?;
    let runs = Runs::new(replies.clone(), store.path());
    let end = answer(&mut input, &replies, &runs, &mut store);
    runs.end_all(GRACE_AT_END);
    end
}

fn answer(input: &mut impl Read, replies: &Replies, runs: &Runs, store: &mut Store) -> io::Result<()> {
    while let Some(request) = frame::read::<Request>(input)? {
        match request {
            Request::Run(run) => runs.start(*run).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?,
            Request::Put(put) => {
                if let Some(result) = store.put(&put) {
                    replies.send(&Reply::Stored { id: put.id, result })?;
                }
            }
            Request::Cancel { id, grace_ms } => runs.cancel(id, Duration::from_millis(grace_ms.into())),
            Request::Goodbye => break,
        }
    }
    Ok(())
}
