//! A far-away server on this machine: a TCP proxy in front of a Unix socket that holds back all
//! bytes for a while, and counts how often a client waited for an answer.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A proxy on 127.0.0.1, stopped with all its connections when dropped. It holds back what is
/// said, not the opening of a connection, which takes another round trip on a real network.
pub struct DelayingProxy {
    port: u16,
    state: Arc<Mutex<State>>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    stopping: bool,
    connections: Vec<Arc<Connection>>,
}

struct Connection {
    client: TcpStream,
    server: UnixStream,
    /// Whether the client said something and has no answer yet.
    waiting: AtomicBool,
    round_trips: AtomicUsize,
}

/// Bytes, and when they arrive at the other side.
type Parcel = (Instant, Vec<u8>);

impl DelayingProxy {
    /// Starts a proxy to the server with this socket; each way takes bytes this long.
    pub fn start(socket: &Path, one_way: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let (socket, shared) = (socket.to_owned(), Arc::clone(&state));
        let acceptor = thread::spawn(move || accept(&listener, &socket, one_way, &shared));
        Self { port, state, acceptor: Some(acceptor) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections.len()
    }

    /// How many times a client waited for the server, on the connection with the most: the bursts
    /// from the client that the server answered. A farewell has no answer and does not count.
    pub fn round_trips(&self) -> usize {
        let state = self.state.lock().unwrap();
        let trips = state.connections.iter().map(|one| one.round_trips.load(Ordering::SeqCst));
        trips.max().unwrap_or(0)
    }
}

impl Drop for DelayingProxy {
    fn drop(&mut self) {
        {
            let mut state = self.state.lock().unwrap();
            state.stopping = true;
            for connection in &state.connections {
                let _ = connection.client.shutdown(Shutdown::Both);
                let _ = connection.server.shutdown(Shutdown::Both);
            }
        }
        // Wakes the acceptor, which then sees that it is to stop.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.acceptor.take().map(JoinHandle::join);
    }
}

/// Serves connections until the proxy is to stop, and ends when all of them have.
fn accept(listener: &TcpListener, socket: &Path, one_way: Duration, state: &Mutex<State>) {
    thread::scope(|scope| {
        for client in listener.incoming().map_while(Result::ok) {
            let mut state = state.lock().unwrap();
            if state.stopping {
                break;
            }
            // A server that is gone is a closed connection for the client.
            let Ok(server) = UnixStream::connect(socket) else { continue };
            client.set_nodelay(true).unwrap();
            let connection = Arc::new(Connection {
                client,
                server,
                waiting: AtomicBool::new(false),
                round_trips: AtomicUsize::new(0),
            });
            state.connections.push(Arc::clone(&connection));
            scope.spawn(move || connection.serve(one_way));
        }
    });
}

impl Connection {
    /// Four threads: who reads must not wait until what it read is due.
    fn serve(&self, one_way: Duration) {
        let (to_server, from_client) = channel();
        let (to_client, from_server) = channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                read(&self.client, &to_server, one_way, || {
                    self.waiting.store(true, Ordering::SeqCst);
                });
                drop(to_server);
            });
            scope.spawn(|| {
                read(&self.server, &to_client, one_way, || {});
                drop(to_client);
            });
            scope.spawn(|| {
                write(&self.server, from_client, || {});
                let _ = self.server.shutdown(Shutdown::Write);
            });
            scope.spawn(|| {
                write(&self.client, from_server, || {
                    if self.waiting.swap(false, Ordering::SeqCst) {
                        self.round_trips.fetch_add(1, Ordering::SeqCst);
                    }
                });
                let _ = self.client.shutdown(Shutdown::Write);
            });
        });
    }
}

/// Takes bytes as they come. The queue has no end, so the delay limits no throughput.
fn read(mut from: impl Read, queue: &Sender<Parcel>, one_way: Duration, heard: impl Fn()) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        heard();
        if queue.send((Instant::now() + one_way, buffer[..length].to_vec())).is_err() {
            break;
        }
    }
}

/// Hands bytes over when they are due, until there will be no more.
fn write(mut to: impl Write, queue: Receiver<Parcel>, about_to_say: impl Fn()) {
    for (due, bytes) in queue {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        about_to_say();
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
}
