//! Any password in any shape of a connection: no piece of it is in what is said of the connection.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../shapes.rs"]
mod shapes;

fuzz_target!(|input: (u8, &str)| {
    let shape = shapes::SHAPES[usize::from(input.0) % shapes::SHAPES.len()];
    shapes::check(shape, &shapes::password(input.1));
});
