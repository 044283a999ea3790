//! The way of one gateway to its Redis, which a test can cut and mend.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A way to the Redis with that socket. It is there until the test process ends.
pub struct Link {
    pub url: String,
    /// What goes over it now; `None`: it is cut.
    open: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Link {
    pub fn to(socket: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let known = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Whoever comes while it is cut finds nobody.
                if let Some(all) = &mut *known.lock().unwrap_or_else(PoisonError::into_inner)
                    && let Ok(server) = UnixStream::connect(&socket)
                {
                    all.push(client.try_clone().unwrap());
                    carry(client, server);
                }
            }
        });
        Self { url, open }
    }

    pub fn cut(&self) {
        let all = self.open.lock().unwrap().take();
        for client in all.into_iter().flatten() {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        *self.open.lock().unwrap() = Some(Vec::new());
    }
}

/// Carries bytes both ways until one side ends.
fn carry(client: TcpStream, server: UnixStream) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let (mut from_server, mut to_client) = (server, client);
    thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
}
