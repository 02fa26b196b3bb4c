//! Other programs that run beside a test: ended when it is, and nginx.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program that ends with this.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it; what it says is lost.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Told so, it ends its workers, too. It may have ended already.
        let _told = kill(Pid::from_raw(self.0.id() as i32), Signal::SIGTERM).is_ok();
        let _ended = self.0.wait().is_ok();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// nginx with these `server` blocks, its own files in `scratch`; none where it is not installed.
pub(crate) fn nginx(scratch: &Path, servers: &str) -> Option<Process> {
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists())?;
    let folder = scratch.display();
    let text = format!(
        "daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}} \
         http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; \
         fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n{servers}}}\n"
    );
    let configuration = scratch.join("nginx.conf");
    std::fs::write(&configuration, text).expect("a file");
    let mut command = Command::new(program);
    command.arg("-c").arg(&configuration);
    // Its workers would be nobody's, who may not read what the test has made.
    if nix::unistd::geteuid().is_root() {
        command.args(["-g", "user root;"]);
    }
    Some(Process::start(&mut command))
}
