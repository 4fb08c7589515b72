/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Access lists of files on Windows: who can read a secret.
 *
 * NOTES.  Administrators and the system can read every file in any case, so a
 * file that only they and its owner can read is private.  The accounts of
 * services, and the names that services have (S-1-5-80), have no users who log
 * in: such an entry was made on purpose, and counts as the owner's.  An entry
 * that denies is not looked at: what is allowed to others is too much.
 */

#include "compat.h"

#include <windows.h>
#include <aclapi.h>
#include <io.h>
#include <sddl.h>

#include "file_acl.h"
#include "private.h"
#include "wide.h"

enum { READ_RIGHTS = FILE_READ_DATA };

/* Rights that may stand in an entry in place of these. */
#define GENERIC_RIGHTS ((DWORD)GENERIC_ALL | (DWORD)GENERIC_READ)

/* The user of this process, in memory that is to be freed; NULL and errno. */
static TOKEN_USER *
acl_user(void)
{
	TOKEN_USER *user = NULL;
	HANDLE token;
	DWORD n = 0;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
		errno = wide_errno(GetLastError());
		return NULL;
	}
	GetTokenInformation(token, TokenUser, NULL, 0, &n);
	if (n > 0)
		user = malloc(n);
	if (user != NULL && !GetTokenInformation(token, TokenUser, user, n,
	    &n)) {
		errno = wide_errno(GetLastError());
		free(user);
		user = NULL;
	}
	CloseHandle(token);
	return user;
}

int
file_acl_private(SECURITY_ATTRIBUTES *to)
{
	/* Full access of the system and of administrators; we read, write and
	 * delete; nothing is inherited. */
	static const wchar_t form[] = L"D:P(A;;FA;;;SY)(A;;FA;;;BA)"
	    L"(A;;FRFWSD;;;";
	TOKEN_USER *user = acl_user();
	wchar_t *sid = NULL, *text = NULL;
	int result = -1;

	memset(to, 0, sizeof(*to));
	to->nLength = sizeof(*to);
	if (user == NULL)
		return -1;
	if (ConvertSidToStringSidW(user->User.Sid, &sid))
		text = calloc(sizeof(form) / sizeof(*form) + wcslen(sid) + 1,
		    sizeof(*text));
	if (text != NULL) {
		wcscpy(text, form);
		wcscat(text, sid);
		wcscat(text, L")");
		if (ConvertStringSecurityDescriptorToSecurityDescriptorW(text,
		    SDDL_REVISION_1, &to->lpSecurityDescriptor, NULL))
			result = 0;
	}
	errno = wide_errno(GetLastError());
	LocalFree(sid);
	free(text);
	free(user);
	return result;
}

void
file_acl_free(SECURITY_ATTRIBUTES *s)
{
	LocalFree(s->lpSecurityDescriptor);
}

int
file_acl_set(int fd, const SECURITY_ATTRIBUTES *s)
{
	/* This call adds nothing from the folder. */
	if (SetKernelObjectSecurity((HANDLE)_get_osfhandle(fd),
	    DACL_SECURITY_INFORMATION, s->lpSecurityDescriptor))
		return 0;
	errno = wide_errno(GetLastError());
	return -1;
}

/* Is it one of those who may read secrets of that owner? */
static bool
acl_is_trusted(PSID sid, PSID owner)
{
	/* Those of one or two numbers behind S-1-5 and S-1-3: the system,
	 * services, creator, rights of the owner, administrators. */
	static const struct {
		BYTE authority;
		BYTE n;
		DWORD number[2];
	} trusted[] = {
		{ 5, 1, { 18, 0 } }, { 5, 1, { 19, 0 } }, { 5, 1, { 20, 0 } },
		{ 3, 1, { 0, 0 } }, { 3, 1, { 4, 0 } }, { 5, 2, { 32, 544 } },
	};
	BYTE authority = GetSidIdentifierAuthority(sid)->Value[5];
	BYTE n = *GetSidSubAuthorityCount(sid);
	size_t i;

	if (EqualSid(sid, owner))
		return true;
	/* The name of a service. */
	if (authority == 5 && n > 1 && *GetSidSubAuthority(sid, 0) == 80)
		return true;
	for (i = 0; i < sizeof(trusted) / sizeof(trusted[0]); i++)
		if (trusted[i].authority == authority && trusted[i].n == n &&
		    *GetSidSubAuthority(sid, 0) == trusted[i].number[0] &&
		    (n == 1 || *GetSidSubAuthority(sid, 1) ==
		    trusted[i].number[1]))
			return true;
	return false;
}

/* Does an entry of an access list let others read? */
static bool
acl_entry_opens(ACE_HEADER *entry, PSID owner, PSID user)
{
	/* One with a condition begins in the same way. */
	ACCESS_ALLOWED_ACE *ace = (ACCESS_ALLOWED_ACE *)(void *)entry;

	return (entry->AceType == ACCESS_ALLOWED_ACE_TYPE ||
	    entry->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE) &&
	    (entry->AceFlags & INHERIT_ONLY_ACE) == 0 &&
	    (ace->Mask & (READ_RIGHTS | GENERIC_RIGHTS)) != 0 &&
	    !acl_is_trusted(&ace->SidStart, owner) &&
	    !EqualSid(&ace->SidStart, user);
}

/* Does an access list let nobody else read?  A file without one is open to
 * all. */
static bool
acl_is_private(ACL *list, PSID owner, PSID user)
{
	void *entry;
	DWORD i;

	for (i = 0; list != NULL && i < list->AceCount; i++)
		if (GetAce(list, i, &entry) &&
		    acl_entry_opens(entry, owner, user))
			return false;
	return list != NULL;
}

int
file_mode_private(const char *path)
{
	PSECURITY_DESCRIPTOR all = NULL;
	struct file_facts facts;
	TOKEN_USER *user = NULL;
	wchar_t *wide;
	PSID owner = NULL;
	ACL *list = NULL;
	DWORD error;
	int result = -1;

	if (file_facts(path, &facts) != 0 || !facts.regular)
		return -1;
	wide = wide_path(path);
	user = acl_user();
	if (wide != NULL && user != NULL) {
		error = GetNamedSecurityInfoW(wide, SE_FILE_OBJECT,
		    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
		    &owner, NULL, &list, NULL, &all);
		/* Whoever may not look at the list may read by it, or not. */
		result = error != ERROR_SUCCESS || owner == NULL ? 1 :
		    acl_is_private(list, owner, user->User.Sid);
		LocalFree(all);
	}
	free(user);
	free(wide);
	return result;
}

void
private_command(const char *path, char text[FILE_WHY])
{
	/* The numbers are those of the system and of administrators, whose
	 * names depend on the language. */
	snprintf(text, FILE_WHY, "icacls \"%s\" /inheritance:r /grant:r "
	    "*S-1-5-18:F *S-1-5-32-544:F \"%%USERNAME%%:F\"", path);
}
