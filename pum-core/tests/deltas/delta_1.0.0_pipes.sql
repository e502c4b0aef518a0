create table pipes (id int primary key);
