//! `README.md`: the demo, which brings its own server.

use super::section::Section;
use super::world::World;

crate::sections! {
    "README.md":
    "What it looks like" => demo,
}

fn demo(section: &mut Section) {
    let world = World::new();
    section.run(&world, 0);
    section.run(&world, 1);
}
