//! Where lines of a snapshot begin: with each small thing, so that a change of the schema is a few
//! changed lines.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// How the line begins on which an object begins, behind its indent.
#[cfg(feature = "scratch")]
pub(super) const OBJECT_START: &str = "{\"identity\": ";

/// Lays out the JSON of a snapshot. An object of the schema begins on a line with its identity;
/// what is known of a kind is on one line; all other members and items have lines of their own.
#[derive(Debug, Default)]
pub(super) struct Layout {
    frames: Vec<Frame>,
    /// The key of the member at hand.
    key: String,
    in_key: bool,
}

/// An array or object that is being written.
#[derive(Debug, Clone, Copy)]
struct Frame {
    form: Form,
    /// The indent of its members' lines.
    indent: usize,
    /// The indent of the line on which it ends.
    end: usize,
    has_members: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The whole file.
    File,
    /// All is on one line.
    Compact,
    /// Each member has a line.
    Lines,
    /// Each member has a line, and is on one line itself.
    Rows,
    /// The objects of the schema.
    Objects,
    /// One of them, on one line but for its attributes.
    Object,
    /// The attributes of one, which have a line each.
    Attributes,
    /// Attributes that a dump and restore writes otherwise.
    Canonicalized,
    /// One of them: the identity of its object is on the line on which it begins.
    CanonicalObject,
}

impl Layout {
    /// The form of what begins now.
    fn form(&self) -> Form {
        let Some(parent) = self.frames.last() else { return Form::File };
        match (parent.form, self.key.as_str()) {
            (Form::Compact | Form::Rows, _)
            | (Form::Object | Form::CanonicalObject, "identity") => Form::Compact,
            (Form::File, "attributes" | "dependencies") => Form::Rows,
            (Form::File, "objects") => Form::Objects,
            (Form::File, "respelled") => Form::Canonicalized,
            (Form::Objects, _) => Form::Object,
            (Form::Object, _) => Form::Attributes,
            (Form::Canonicalized, _) => Form::CanonicalObject,
            (Form::File | Form::Lines | Form::Attributes | Form::CanonicalObject, _) => Form::Lines,
        }
    }

    fn begin(&mut self) {
        let form = self.form();
        let (indent, end) = match self.frames.last() {
            None => (1, 0),
            // Both begin on the same line.
            Some(object) if object.form == Form::Object => (object.indent, object.end),
            Some(parent) => (parent.indent + 1, parent.indent),
        };
        self.frames.push(Frame { form, indent, end, has_members: false });
    }

    fn end<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let ends_on_a_line = match frame.form {
            Form::Compact | Form::Object => false,
            Form::Lines => frame.has_members,
            Form::File
            | Form::Rows
            | Form::Objects
            | Form::Attributes
            | Form::Canonicalized
            | Form::CanonicalObject => true,
        };
        if ends_on_a_line { new_line(writer, frame.end) } else { Ok(()) }
    }

    fn begin_member<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let is_first = !std::mem::replace(&mut frame.has_members, true);
        match (frame.form, is_first) {
            (Form::Compact | Form::Object | Form::CanonicalObject, true) => Ok(()),
            (Form::Compact, false) => writer.write_all(b","),
            (Form::Object, false) => writer.write_all(b", "),
            (_, is_first) => {
                writer.write_all(if is_first { b"" } else { b"," })?;
                new_line(writer, frame.indent)
            }
        }
    }
}

fn new_line<W: Write + ?Sized>(writer: &mut W, indent: usize) -> io::Result<()> {
    const SPACES: &[u8] = &[b' '; 32];
    writer.write_all(b"\n")?;
    let mut rest = 2 * indent;
    while rest > 0 {
        let part = rest.min(SPACES.len());
        writer.write_all(&SPACES[..part])?;
        rest -= part;
    }
    Ok(())
}

impl Formatter for Layout {
    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer)?;
        writer.write_all(b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, _: bool) -> io::Result<()> {
        self.begin_member(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer)?;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, _: bool) -> io::Result<()> {
        self.key.clear();
        self.in_key = true;
        self.begin_member(writer)
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let is_compact = self.frames.last().is_some_and(|frame| frame.form == Form::Compact);
        writer.write_all(if is_compact { b":" } else { b": " })
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.in_key {
            self.key.push_str(fragment);
        }
        writer.write_all(fragment.as_bytes())
    }
}
