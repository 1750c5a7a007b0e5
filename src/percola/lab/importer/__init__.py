"""The tolerant reader of table files: bytes -> text -> rows -> tables, each step refusing what it cannot settle."""
