use tokio::sync::watch;

/// A request to end, which any number of listeners hear once and for ever.
#[derive(Debug, Clone)]
pub struct Cancel {
    sender: watch::Sender<bool>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { sender: watch::Sender::new(false) }
    }
}

impl Cancel {
    /// Asks everyone to end.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether someone has asked.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until someone asks.
    pub async fn cancelled(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`, so this ends only with a request.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}
