-- The words that the server writes in quotes where they are names.
SELECT k.word AS word
FROM pg_get_keywords() k
WHERE k.catcode <> 'U'
