-- Extensions whose objects are not of the version that the server has: "pg_available_extensions".
SELECT 'finding',
       format('extension %I', e.extname),
       CASE WHEN a.default_version IS NULL
            THEN format('has version %s, and the server has no files of it: a dump cannot be restored here', e.extversion)
            ELSE format('has version %s, and the server comes with %s', e.extversion, a.default_version) END,
       CASE WHEN a.default_version IS NULL THEN 'install the package of the extension'
            ELSE format('ALTER EXTENSION %I UPDATE;', e.extname) END
FROM pg_extension e
LEFT JOIN pg_available_extensions() a ON a.name = e.extname
WHERE a.default_version IS DISTINCT FROM e.extversion
ORDER BY 2
