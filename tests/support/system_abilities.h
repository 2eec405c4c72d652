/* What a system can do for the library, as its layer for that system tells: for tests of what only some systems can. */
#ifndef SYSTEM_ABILITIES_H
#define SYSTEM_ABILITIES_H

/** Pages can be made present, with their blocks, by a call that fails without a signal. */
int system_populates(void);
#define needs_populated_pages()                                                                    \
  skip_unless(system_populates(),                                                                  \
              "no call asks for blocks here: only a store finds that there are none, and is lost")
/** What is in memory can be read without waiting for what is not. */
int system_reads_at_once(void);
/** Pages that this process has touched can be let go of, and then be evicted. */
int system_lets_go(void);
/** It tells how much of a file is in memory, without mapping it. */
int system_counts_pages(void);
/** It tells which bytes of a file are not written back yet. */
int system_tells_dirty(void);
/** An open descriptor can be opened anew, with a position and flags of its own. */
int system_reopens(void);
/** It tells when a file was created. */
int system_tells_birth(void);
/** It tells how much of what is mapped this process has touched. */
int system_tells_mapped(void);
/** It tells for certain where the holes of a file are, so that they need not be read. */
int system_tells_holes(void);
/** It tells what kind of file system a file is on. */
int system_knows_file_systems(void);

#endif
