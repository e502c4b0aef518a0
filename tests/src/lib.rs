//! What end-to-end tests share: throw-away servers, databases and the command.
