"""HTTP APIs: asking, paging, waiting, and proving that what came is all of it.

Put here: what every HTTP API needs, and the protocols of families of APIs.
Not here: any one source's name, path or field (its `source.yml`).
"""
