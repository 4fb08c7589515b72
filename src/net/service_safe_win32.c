/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Judges whether only administrators can change the program of a service.
 *
 * NOTES.  A service runs for everybody, so that whoever can replace its program
 * can run as the service.  Looked at are the access lists of the program, of
 * its folder (who may add a file there can add a library), and of the folders
 * above (who may delete or rename there can exchange all below).  Trusted are
 * the system, administrators, the installer of Windows, and the user who
 * installs, who is an administrator.  Entries that deny are ignored: no access
 * that is allowed elsewhere counts as denied.  A junction or symbolic link on
 * the way is refused, since its owner may turn it elsewhere; so is a disk that
 * has no access lists, and a network share.
 */

#include "compat.h"

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "net/service.h"

#include "base/alloc.h"

enum {
	SAFE_TRUSTED = 6,	/* how many are trusted */
	/* In a folder, what is WRITE_DATA and APPEND_DATA of a file. */
	SAFE_CHANGE = DELETE | WRITE_DAC | WRITE_OWNER,
	SAFE_WRITE = SAFE_CHANGE | FILE_WRITE_DATA | FILE_APPEND_DATA,
};

/* Rights that may stand in an entry as they are asked for. */
#define SAFE_GENERIC ((DWORD)GENERIC_ALL | (DWORD)GENERIC_WRITE)

/* Well-known names; the last is "NT SERVICE\TrustedInstaller". */
static const wchar_t *const safe_names[SAFE_TRUSTED - 1] = {
	L"S-1-5-18",		/* the system */
	L"S-1-5-32-544",	/* administrators */
	L"S-1-3-0",		/* creator and owner, for what is made */
	L"S-1-3-4",		/* rights of the owner, who is judged himself */
	L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
};

struct safe {
	PSID trusted[SAFE_TRUSTED];	/* freed by LocalFree() */
	struct fault *f;
};

/* Copies the user of this process to memory of LocalAlloc(); NULL on
 * failure. */
static PSID
find_user(void)
{
	HANDLE token;
	DWORD n = 0;
	TOKEN_USER *user;
	PSID sid = NULL;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return NULL;
	GetTokenInformation(token, TokenUser, NULL, 0, &n);
	user = xcalloc(1, n + 1);
	if (GetTokenInformation(token, TokenUser, user, n, &n)) {
		n = GetLengthSid(user->User.Sid);
		sid = LocalAlloc(LMEM_FIXED, n);
		if (sid != NULL)
			CopySid(n, sid, user->User.Sid);
	}
	free(user);
	CloseHandle(token);
	return sid;
}

static bool
is_trusted(const struct safe *s, PSID sid)
{
	int i;

	for (i = 0; i < SAFE_TRUSTED; i++)
		if (s->trusted[i] != NULL && EqualSid(s->trusted[i], sid))
			return true;
	return false;
}

/* Fills in that somebody can change what has that path; -1. */
static int
fail_by(const struct safe *s, const wchar_t *path, PSID sid)
{
	wchar_t account[128], domain[128];
	DWORD n = 128, m = 128;
	SID_NAME_USE use;
	char *shown = service_utf8(path), *who;
	wchar_t *text = NULL;

	if (LookupAccountSidW(NULL, sid, account, &n, domain, &m, &use))
		who = service_utf8(account);
	else if (ConvertSidToStringSidW(sid, &text))
		who = service_utf8(text);
	else
		who = xstrdup("somebody");
	LocalFree(text);
	fault_user(s->f, NULL, "%s: %s, not only administrators, can change "
	    "it, and with it what the service runs: copy the program to a "
	    "folder below C:\\Program Files and install it from there", shown,
	    who);
	free(shown);
	free(who);
	return -1;
}

/* Fills in that something is wrong with the path; -1. */
static int
fail_with(const struct safe *s, const wchar_t *path, const char *what)
{
	char *shown = service_utf8(path);

	fault_user(s->f, NULL, "%s: %s: copy the program to a folder below "
	    "C:\\Program Files and install it from there", shown, what);
	free(shown);
	return -1;
}

/* Does an entry allow somebody who is not trusted some of the rights? */
static bool
is_dangerous(const struct safe *s, ACE_HEADER *entry, DWORD rights)
{
	/* One with a condition begins in the same way. */
	ACCESS_ALLOWED_ACE *ace = (ACCESS_ALLOWED_ACE *)(void *)entry;

	return (entry->AceType == ACCESS_ALLOWED_ACE_TYPE ||
	    entry->AceType == ACCESS_ALLOWED_CALLBACK_ACE_TYPE) &&
	    (entry->AceFlags & INHERIT_ONLY_ACE) == 0 &&
	    (ace->Mask & (rights | SAFE_GENERIC)) != 0 &&
	    !is_trusted(s, &ace->SidStart);
}

/* Judges a list of who may do what; 0, or -1 and the fault. */
static int
judge_list(const struct safe *s, const wchar_t *path, ACL *list, DWORD rights)
{
	void *entry;
	DWORD i;

	if (list == NULL)
		return fail_with(s, path, "everybody can change it");
	for (i = 0; i < list->AceCount; i++) {
		if (!GetAce(list, i, &entry))
			continue;
		if (is_dangerous(s, entry, rights))
			return fail_by(s, path,
			    &((ACCESS_ALLOWED_ACE *)entry)->SidStart);
	}
	return 0;
}

/* Judges one file or folder; rights: what nobody else may. */
static int
judge_path(const struct safe *s, wchar_t *path, DWORD rights)
{
	DWORD attributes = GetFileAttributesW(path), error;
	PSECURITY_DESCRIPTOR all = NULL;
	char words[SERVICE_ERROR];
	PSID owner = NULL;
	ACL *list = NULL;
	int result;

	if (attributes != INVALID_FILE_ATTRIBUTES &&
	    (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
		return fail_with(s, path, "it is a junction or a link");
	error = GetNamedSecurityInfoW(path, SE_FILE_OBJECT,
	    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
	    NULL, &list, NULL, &all);
	if (error != ERROR_SUCCESS) {
		service_error(words, error);
		return fail_with(s, path, words);
	}
	if (owner != NULL && !is_trusted(s, owner))
		result = fail_by(s, path, owner);
	else
		result = judge_list(s, path, list, rights);
	LocalFree(all);
	return result;
}

/* Judges the program and all folders above it; changes the path. */
static int
judge_all(const struct safe *s, wchar_t *path)
{
	DWORD rights = SAFE_WRITE;
	wchar_t root[] = L"?:\\", *cut;

	root[0] = path[0];
	if (path[0] == '\0' || path[1] != ':' || path[2] != '\\' ||
	    GetDriveTypeW(root) == DRIVE_REMOTE)
		return fail_with(s, path, "it is not on a disk of this "
		    "machine");
	if (judge_path(s, path, rights) != 0)
		return -1;
	rights |= FILE_DELETE_CHILD;
	while ((cut = wcsrchr(path, '\\')) != NULL) {
		/* The root keeps its backslash. */
		cut[cut == path + 2 ? 1 : 0] = '\0';
		if (judge_path(s, path, rights) != 0)
			return -1;
		if (cut == path + 2)
			break;
		/* Further up a new name harms nobody. */
		rights = SAFE_CHANGE | FILE_DELETE_CHILD;
	}
	return 0;
}

int
service_is_safe(const char *program, struct fault *f)
{
	struct safe s = { .f = f };
	wchar_t *path = service_wide(program);
	int i, result;

	for (i = 0; i < SAFE_TRUSTED - 1; i++)
		if (!ConvertStringSidToSidW(safe_names[i], &s.trusted[i]))
			s.trusted[i] = NULL;
	s.trusted[i] = find_user();
	result = judge_all(&s, path);
	for (i = 0; i < SAFE_TRUSTED; i++)
		LocalFree(s.trusted[i]);
	free(path);
	return result;
}
