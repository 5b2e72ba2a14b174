//! The connection to the broker.
//!
//! In come publishes with a deadline and topics to follow; out come messages and the state of the line.
//! What must never happen here: a retained command, a command sent twice, a command sent late.
