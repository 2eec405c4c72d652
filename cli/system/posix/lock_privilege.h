/* Whether this process may lock more memory than its limit says. */
#ifndef TOME_CLI_LOCK_PRIVILEGE_H
#define TOME_CLI_LOCK_PRIVILEGE_H

int lock_privilege(void);

#endif
