"""Setting a camera up without code: lines, zones and the size of a person, drawn on a local page.

```
camera ──► Counter, Silhouettes ──► Watch ──view──► app ──► the installer's page
                                      ▲ plan                     │ draft, save
                                      └──────────────────────────┴──► SetupFile ──► edge.toml
```
The page is served on loopback, ends by itself, and shows silhouettes: no picture leaves the
process. `edge.audit` shares the guard and the server.
"""
