#include "owner_only.h"

#include "os.h"
#include "windows_error.h"

static int ask_user(owner_only *o) {
  HANDLE token;
  DWORD n;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) &&
      !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
    return tome__os_failed();
  int r =
      GetTokenInformation(token, TokenUser, o->user, sizeof o->user, &n) ? 0 : tome__os_failed();
  CloseHandle(token);
  return r;
}

/* One entry: everything, for the user that this thread is. Nothing is inherited from the directory. */
int tome__os_owner_only(owner_only *ret) {
  *ret = (owner_only){.attributes = {.nLength = sizeof ret->attributes}};
  int r = ask_user(ret);
  if (r < 0)
    return r;
  ACL *acl = (ACL *)(void *)ret->acl;
  const TOKEN_USER *user = (const TOKEN_USER *)(const void *)ret->user;
  if (!InitializeAcl(acl, sizeof ret->acl, ACL_REVISION) ||
      !AddAccessAllowedAce(acl, ACL_REVISION, FILE_ALL_ACCESS, user->User.Sid) ||
      !InitializeSecurityDescriptor(&ret->descriptor, SECURITY_DESCRIPTOR_REVISION) ||
      !SetSecurityDescriptorDacl(&ret->descriptor, TRUE, acl, FALSE) ||
      !SetSecurityDescriptorControl(&ret->descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
    return tome__os_failed();
  ret->attributes.lpSecurityDescriptor = &ret->descriptor;
  return 0;
}
