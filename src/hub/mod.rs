//! Fan-out: a bounded ring of frames per audience, from which every client pulls by a cursor of its own. There is no queue
//! per client and nothing is pushed, so a slow client can't slow the wall or another client. Knows nothing of how state is made.

mod ring;
mod subscription;

pub use ring::{Behind, Frame, Hub, Mark};
pub use subscription::{Message, Subscription};
