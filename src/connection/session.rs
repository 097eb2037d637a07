//! `Session`: requests to one agent and its replies, over any pair of byte streams.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use adept_wire::{Hello, ModuleOutcome, PROTOCOL, Put, Reply, Request, RequestId, Run, Stream, frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::ConnectionError;

/// Takes live output of a run.
pub type Output = Arc<dyn Fn(Stream, &[u8]) + Send + Sync>;

/// Time between TERM and KILL for what a cancelled run has started.
const GRACE_MS: u32 = 2_000;

/// File content travels in pieces of this size.
const CHUNK: usize = 256 << 10;

/// A session with one agent. Requests run side by side.
pub struct Session {
    next: AtomicU64,
    writer: tokio::sync::Mutex<Box<dyn AsyncWrite + Send + Unpin>>,
    pending: Arc<Mutex<Pending>>,
    /// Keeps the child process of a local agent until the session ends.
    child: tokio::sync::Mutex<Option<tokio::process::Child>>,
}

#[derive(Default)]
struct Pending {
    runs: HashMap<RequestId, (oneshot::Sender<ModuleOutcome>, Option<Output>)>,
    puts: HashMap<RequestId, oneshot::Sender<Result<Vec<u8>, String>>>,
    lost: Option<String>,
}

impl Session {
    /// Waits for the agent's hello and starts to read its replies.
    ///
    /// # Errors
    /// When no hello comes, or that of another build.
    pub async fn open(
        program: &str,
        mut reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
        child: Option<tokio::process::Child>,
    ) -> Result<Session, ConnectionError> {
        let start = |why: String| ConnectionError::Start { program: program.into(), why };
        let hello = match read_frame::<Reply>(&mut reader).await {
            Ok(Some(Reply::Hello(hello))) => hello,
            Ok(Some(other)) => return Err(start(format!("it said {other:?} instead of hello"))),
            Ok(None) => return Err(start("it ended without a word".into())),
            Err(e) => return Err(start(e.to_string())),
        };
        check_build(program, &hello)?;
        let pending = Arc::new(Mutex::new(Pending::default()));
        tokio::spawn(read_replies(reader, pending.clone()));
        Ok(Session {
            next: AtomicU64::new(1),
            writer: tokio::sync::Mutex::new(Box::new(writer)),
            pending,
            child: tokio::sync::Mutex::new(child),
        })
    }

    /// Runs a module to its end. When `cancel` fires, what it started is ended and the outcome says so.
    ///
    /// # Errors
    /// When the link is lost.
    pub async fn run(
        &self,
        mut run: Run,
        output: Option<Output>,
        cancel: &CancellationToken,
    ) -> Result<ModuleOutcome, ConnectionError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        run.id = id;
        run.live_output = output.is_some();
        let (tx, mut rx) = oneshot::channel();
        self.enter(|p| p.runs.insert(id, (tx, output)))?;
        self.send(&Request::Run(Box::new(run))).await?;
        tokio::select! {
            outcome = &mut rx => return outcome.map_err(|_| self.lost()),
            () = cancel.cancelled() => {}
        }
        self.send(&Request::Cancel { id, grace_ms: GRACE_MS }).await?;
        rx.await.map_err(|_| self.lost())
    }

    /// Stores content in the agent's run directory and gives its path there.
    ///
    /// # Errors
    /// When the link is lost, or the agent can't store it.
    pub async fn put(&self, mut content: impl std::io::Read) -> Result<Vec<u8>, PutError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (tx, rx) = oneshot::channel();
        self.enter(|p| p.puts.insert(id, tx))?;
        let mut buffer = vec![0u8; CHUNK];
        loop {
            let mut filled = 0;
            while filled < CHUNK {
                match content.read(&mut buffer[filled..]).map_err(PutError::Read)? {
                    0 => break,
                    n => filled += n,
                }
            }
            let last = filled < CHUNK;
            self.send(&Request::Put(Put { id, data: buffer[..filled].to_vec(), last })).await?;
            if last {
                break;
            }
        }
        rx.await.map_err(|_| self.lost())?.map_err(PutError::Store)
    }

    /// Ends the session; the agent leaves at once.
    pub async fn close(&self) {
        // An agent that is gone already needs no goodbye.
        let _ = self.send(&Request::Goodbye).await;
        if let Some(mut child) = self.child.lock().await.take() {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(2), child.wait()).await;
        }
    }

    fn enter<T>(&self, add: impl FnOnce(&mut Pending) -> T) -> Result<(), ConnectionError> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &pending.lost {
            return Err(ConnectionError::Lost { why: why.clone() });
        }
        add(&mut pending);
        Ok(())
    }

    async fn send(&self, request: &Request) -> Result<(), ConnectionError> {
        let lost = |e: std::io::Error| ConnectionError::Lost { why: e.to_string() };
        let bytes = frame::encode(request).map_err(lost)?;
        let mut writer = self.writer.lock().await;
        writer.write_all(&bytes).await.map_err(lost)?;
        writer.flush().await.map_err(lost)
    }

    fn lost(&self) -> ConnectionError {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        ConnectionError::Lost { why: pending.lost.clone().unwrap_or_else(|| "it ended".into()) }
    }
}

/// Why content could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The link is lost.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The content could not be read here.
    #[error("{0}")]
    Read(std::io::Error),
    /// The agent could not store it.
    #[error("{0}")]
    Store(String),
}

fn check_build(program: &str, hello: &Hello) -> Result<(), ConnectionError> {
    if hello.protocol == PROTOCOL && hello.build == adept_agent::BUILD {
        return Ok(());
    }
    Err(ConnectionError::Build {
        program: program.into(),
        theirs: format!("{}, protocol {}", hello.build, hello.protocol),
        ours: format!("{}, protocol {PROTOCOL}", adept_agent::BUILD),
    })
}

async fn read_frame<T: serde::de::DeserializeOwned>(
    reader: &mut (impl AsyncRead + Unpin),
) -> std::io::Result<Option<T>> {
    let mut header = [0u8; 4];
    match reader.read_exact(&mut header).await {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e),
    }
    let mut body = vec![0u8; frame::body_len(header)?];
    reader.read_exact(&mut body).await?;
    frame::decode(&body).map(Some)
}

async fn read_replies(reader: impl AsyncRead + Unpin, pending: Arc<Mutex<Pending>>) {
    let mut reader = tokio::io::BufReader::new(reader);
    let why = loop {
        match read_frame::<Reply>(&mut reader).await {
            Ok(Some(Reply::Outcome { id, outcome })) => {
                let run = pending.lock().unwrap_or_else(PoisonError::into_inner).runs.remove(&id);
                if let Some((tx, _)) = run {
                    // A run that nobody waits for any more was dropped on purpose.
                    let _ = tx.send(*outcome);
                }
            }
            Ok(Some(Reply::Output { id, stream, data })) => {
                let output =
                    pending.lock().unwrap_or_else(PoisonError::into_inner).runs.get(&id).and_then(|(_, o)| o.clone());
                if let Some(output) = output {
                    output(stream, &data);
                }
            }
            Ok(Some(Reply::Stored { id, result })) => {
                let put = pending.lock().unwrap_or_else(PoisonError::into_inner).puts.remove(&id);
                if let Some(tx) = put {
                    let _ = tx.send(result);
                }
            }
            Ok(Some(Reply::Hello(_))) => break "it said hello twice".to_string(),
            Ok(None) => break "the agent ended".to_string(),
            Err(e) => break e.to_string(),
        }
    };
    // Dropping the senders wakes everybody who waits.
    let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
    pending.lost = Some(why);
    pending.runs.clear();
    pending.puts.clear();
}
