/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The folder of configuration, keys and logs of services.
 *
 * NOTES.  Every user may make folders in ProgramData, so the one of services
 * may be there before they are, made by a user who keeps all rights to what is
 * put into it.  One that belongs to neither the system nor administrators, nor
 * the user who installs, or that is a junction, is refused.  What a folder
 * inherits from ProgramData lets every user read and make files: it is cut off.
 * Entries that somebody has made for this folder stay.
 */

#include "compat.h"

#include <windows.h>
#include <aclapi.h>

#include "net/service.h"

#include "base/alloc.h"

enum {
	FOLDER_READ = FILE_GENERIC_READ | FILE_GENERIC_EXECUTE,
	FOLDER_WRITE = FOLDER_READ | FILE_GENERIC_WRITE | DELETE,
	FOLDER_SID = 68,	/* SECURITY_MAX_SID_SIZE */
};

/* Who may do what in a folder. */
struct folder_access {
	BYTE system[FOLDER_SID], admins[FOLDER_SID];
	BYTE service[FOLDER_SID];	/* "NT SERVICE\NAME" */
	bool has_service;	/* this Windows has such accounts */
	DWORD rights;		/* of the service */
};

/* Looks up the accounts; false: the system does not know its own. */
static bool
find_accounts(struct folder_access *a, const char *name)
{
	size_t size = sizeof("NT SERVICE\\") + strlen(name);
	char *account = xcalloc(size, 1);
	DWORD n = FOLDER_SID, m = FOLDER_SID, s = FOLDER_SID, d = 128;
	wchar_t *wide, domain[128];
	SID_NAME_USE use;

	snprintf(account, size, "NT SERVICE\\%s", name);
	wide = service_wide(account);
	a->has_service = LookupAccountNameW(NULL, wide, a->service, &s, domain,
	    &d, &use);
	free(wide);
	free(account);
	return CreateWellKnownSid(WinLocalSystemSid, NULL, a->system, &n) &&
	    CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, a->admins,
	    &m);
}

/* Fills in an entry for the folder and all that is made in it. */
static void
fill_entry(EXPLICIT_ACCESSW *entry, PSID who, DWORD rights)
{
	memset(entry, 0, sizeof(*entry));
	entry->grfAccessPermissions = rights;
	entry->grfAccessMode = SET_ACCESS;
	entry->grfInheritance = SUB_CONTAINERS_AND_OBJECTS_INHERIT;
	entry->Trustee.TrusteeForm = TRUSTEE_IS_SID;
	entry->Trustee.TrusteeType = TRUSTEE_IS_UNKNOWN;
	entry->Trustee.ptstrName = (LPWSTR)who;
}

/* Leaves out the entries of a list that it has from the folder above. */
static void
drop_inherited(ACL *list)
{
	void *entry;
	DWORD i;

	for (i = list->AceCount; i > 0; i--)
		if (GetAce(list, i - 1, &entry) &&
		    (((ACE_HEADER *)entry)->AceFlags & INHERITED_ACE) != 0)
			(void)DeleteAce(list, i - 1);
}

/* Makes the list of who may do what, with the entries of an old one that were
 * made for it; the caller frees it by LocalFree().  The error of the system, or
 * 0. */
static DWORD
make_list(ACL **list, ACL *old, struct folder_access *a)
{
	EXPLICIT_ACCESSW entries[3];

	fill_entry(&entries[0], a->system, FILE_ALL_ACCESS);
	fill_entry(&entries[1], a->admins, FILE_ALL_ACCESS);
	fill_entry(&entries[2], a->service, a->rights);
	if (old != NULL)
		drop_inherited(old);
	return SetEntriesInAclW(a->has_service ? 3 : 2, entries, old, list);
}

/* Sets that for an open folder and what is in it. */
static DWORD
set_access(HANDLE folder, ACL *old, struct folder_access *a)
{
	ACL *list = NULL;
	DWORD error = make_list(&list, old, a);

	if (error == 0)
		error = SetSecurityInfo(folder, SE_FILE_OBJECT,
		    DACL_SECURITY_INFORMATION |
		    PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL, list,
		    NULL);
	LocalFree(list);
	return error;
}

/* Makes a folder that never had a different list; the error of the system, or
 * 0. */
static DWORD
make_new(const wchar_t *path, struct folder_access *a)
{
	SECURITY_DESCRIPTOR all;
	SECURITY_ATTRIBUTES security = { sizeof(security), &all, FALSE };
	ACL *list = NULL;
	DWORD error = make_list(&list, NULL, a);

	if (error != 0)
		return error;
	if (!InitializeSecurityDescriptor(&all,
	    SECURITY_DESCRIPTOR_REVISION) ||
	    !SetSecurityDescriptorDacl(&all, TRUE, list, FALSE) ||
	    !SetSecurityDescriptorControl(&all, SE_DACL_PROTECTED,
	    SE_DACL_PROTECTED) || !CreateDirectoryW(path, &security))
		error = GetLastError();
	LocalFree(list);
	return error;
}

/* Is a folder's owner the system, administrators or the user of this
 * process? */
static bool
owner_is_ours(PSID owner, struct folder_access *a)
{
	union {
		TOKEN_USER user;
		BYTE space[sizeof(TOKEN_USER) + FOLDER_SID];
	} token_user;
	bool same = false;
	HANDLE token;
	DWORD n;

	if (EqualSid(owner, a->system) || EqualSid(owner, a->admins))
		return true;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	if (GetTokenInformation(token, TokenUser, &token_user,
	    sizeof(token_user), &n))
		same = EqualSid(owner, token_user.user.User.Sid);
	CloseHandle(token);
	return same;
}

/* Judges and protects an open folder; 0, or -1 and the fault. */
static int
protect_open(HANDLE folder, const char *path, struct folder_access *a,
    struct fault *f)
{
	BY_HANDLE_FILE_INFORMATION about;
	PSECURITY_DESCRIPTOR all = NULL;
	char words[SERVICE_ERROR];
	PSID owner = NULL;
	ACL *list = NULL;
	DWORD error;
	bool ours;

	if (!GetFileInformationByHandle(folder, &about) ||
	    (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
	    (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
		return fault_user(f, NULL, "%s: it is no folder, or a "
		    "junction: remove it", path);
	error = GetSecurityInfo(folder, SE_FILE_OBJECT,
	    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
	    NULL, &list, NULL, &all);
	ours = error == 0 && owner != NULL && owner_is_ours(owner, a);
	if (ours)
		error = set_access(folder, list, a);
	LocalFree(all);
	if (error == 0 && !ours)
		return fault_user(f, NULL, "%s: it belongs to a user who is "
		    "no administrator, and who could change all that is put "
		    "into it: move it away, look at what is in it, and "
		    "install again", path);
	if (error == 0)
		return 0;
	service_error(words, error);
	return fault_system(f, NULL, "%s: its access list cannot be set: %s",
	    path, words);
}

/* Makes a folder if need be, and protects it. */
static int
make_protected(const char *path, struct folder_access *a, struct fault *f)
{
	wchar_t *wide = service_wide(path);
	char words[SERVICE_ERROR];
	DWORD error = make_new(wide, a);
	HANDLE folder = INVALID_HANDLE_VALUE;
	int result = 0;

	if (error == ERROR_ALREADY_EXISTS) {
		folder = CreateFileW(wide, READ_CONTROL | WRITE_DAC |
		    FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE,
		    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS |
		    FILE_FLAG_OPEN_REPARSE_POINT, NULL);
		error = folder == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	}
	free(wide);
	if (error != 0) {
		service_error(words, error);
		return fault_system(f, NULL, "%s: the folder cannot be made: "
		    "%s", path, words);
	}
	if (folder != INVALID_HANDLE_VALUE) {
		result = protect_open(folder, path, a, f);
		CloseHandle(folder);
	}
	return result;
}

int
service_make_folders(const char *name, void (*warn)(const char *what),
    struct fault *f)
{
	struct folder_access a;
	char *path = path_config("log"), *cut;
	int result = -1;

	if (path == NULL || (cut = strrchr(path, '\\')) == NULL ||
	    !find_accounts(&a, name)) {
		(void)fault_system(f, NULL, "the folder of services has no "
		    "path, or the system's accounts are not known");
		free(path);
		return -1;
	}
	if (!a.has_service)
		warn("access of the service to its folder in ProgramData");
	*cut = '\0';
	a.rights = FOLDER_READ;
	result = make_protected(path, &a, f);
	*cut = '\\';
	a.rights = FOLDER_WRITE;
	if (result == 0)
		result = make_protected(path, &a, f);
	free(path);
	return result;
}
