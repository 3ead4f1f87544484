//! Searching keeps a core busy: one search at a time, and never on a thread that serves streams.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::wall::frames::Audience;

/// Turns at searching; staff never stand behind the public.
#[derive(Debug)]
pub struct Searches {
    staff: Arc<Semaphore>,
    public: Arc<Semaphore>,
}

impl Default for Searches {
    fn default() -> Self {
        Self {
            staff: Arc::new(Semaphore::new(1)),
            public: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Searches {
    /// Searches when it is its turn.
    ///
    /// # Errors
    /// The search broke off.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        audience: Audience,
        search: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turns = match audience {
            Audience::Staff => &self.staff,
            Audience::Public => &self.public,
        };
        let turn = turns.clone().acquire_owned().await;
        let turn = turn.map_err(|error| Problem::internal(&error))?;
        let found = tokio::task::spawn_blocking(move || {
            // Given back when the search is over, also where whoever asked has gone.
            let _turn = turn;
            search()
        });
        found.await.map_err(|error| Problem::internal(&error))
    }
}
