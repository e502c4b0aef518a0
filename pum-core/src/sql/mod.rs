//! The text of SQL: its lines, its lexical structure, what its first words tell, names and strings
//! in quotes. The one place where SQL is scanned; nothing here knows files, psql's commands or a
//! server.

mod assignment;
mod lexer;
mod lines;
mod quote;
mod statement_state;
mod tokens;
mod type_change;

pub(crate) use assignment::set_clause;
pub(crate) use lexer::{Lexer, Piece, PieceKind, Reference, variable_at, variable_name};
pub(crate) use lines::{first_line, line_at, line_end, line_start, lines, split_lines};
pub(crate) use quote::{quote_ident, quote_literal, quote_literal_on_one_line};
pub(crate) use statement_state::StatementState;
pub(crate) use tokens::{Token, token_iter, tokens};
pub(crate) use type_change::changes_only_catalog;
