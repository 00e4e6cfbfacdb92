use std::io::{self, Write as _};

use serde::Serialize;

use crate::{exit, failure::Failure, views::plain};

/// Where a command's result goes.
pub(crate) struct Output {
    pub(crate) json: bool,
    /// Whether standard error is a terminal, so that a line may be rewritten.
    pub(crate) terminal: bool,
}

impl Output {
    pub(crate) fn new(json: bool, terminal: bool) -> Self {
        Self { json, terminal }
    }

    /// The result: its text, or the value itself as JSON.
    pub(crate) fn result<T: Serialize>(&mut self, value: &T, text: impl FnOnce(&T) -> String) {
        if self.json {
            data(&pretty(value));
        } else {
            data(&plain::lines(text(value).trim_end()));
        }
    }

    /// Text that is the result in either form, such as a JSON Schema.
    pub(crate) fn text(&mut self, text: &str) {
        data(text.trim_end());
    }

    /// A remark for whoever watches; nothing in JSON.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.json {
            note(text);
        }
    }

    /// Why the command did not do its work; in JSON one line, since it may end a stream of events.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if self.json {
            let value = serde_json::json!({
                "error": failure.message, "code": failure.code, "diagnostics": failure.diagnostics,
            });
            line(&value);
        } else if failure.diagnostics.is_empty() {
            note(&format!("error: {}", failure.message));
        } else {
            // Each finding says so of itself.
            note(&failure.message);
        }
    }
}

/// One line of JSON, for streams of events.
pub(crate) fn line<T: Serialize>(value: &T) {
    data(&serde_json::to_string(value).expect("our values have string keys"));
}

/// Shows help, the version or a usage error.
pub(crate) fn usage(error: &clap::Error) -> u8 {
    // Nothing is left to tell when the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { exit::USAGE } else { exit::DONE }
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("our values have string keys")
}

/// A line, or several, of standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn data(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line, or several, of standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain::lines(text));
}

/// Replaces the line that the cursor is on.
pub(crate) fn rewrite(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "\r\x1b[2K{}", plain::lines(text));
    let _ = stderr.flush();
}

/// Bytes of standard output as they are, such as what a command printed.
pub(crate) fn raw(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(bytes);
    let _ = stdout.flush();
}
