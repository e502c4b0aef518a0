alter table pipes add column depth int;
