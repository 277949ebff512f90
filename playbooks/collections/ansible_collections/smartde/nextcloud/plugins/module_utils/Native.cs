// Copyright: smartfleet contributors
// SPDX-License-Identifier: Apache-2.0

// What Windows offers to programs and not to scripts: declarations and the thinnest wrappers. C# 5, for that is what
// the compiler of Windows PowerShell 5.1 takes.

using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;

// fields that Windows fills in
#pragma warning disable 0169, 0649

namespace ansible_collections.smartde.nextcloud.plugins.module_utils.Native
{
    /// <summary>Paths, as .NET does not show them.</summary>
    public static class Disk
    {
        private const int MaxPath = 260;
        private const int FileNotFound = 2;
        private const int PathNotFound = 3;
        private const int AccessDenied = 5;
        private const int WriteProtected = 19;
        private const int InvalidName = 123;
        private const uint ReparsePoint = 0x400;
        private const sbyte ExposeThem = 2;
        private const uint ReadAttributes = 0x80;
        private const uint AddFile = 0x2;
        private const uint ShareAll = 0x7;
        private const uint OpenExisting = 3;
        private const uint FolderToo = 0x02000000;
        private const uint LinkItself = 0x00200000;

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode, Pack = 4)]
        private struct FindData
        {
            public uint Attributes;
            public long Created;
            public long Accessed;
            public long Written;
            public uint SizeHigh;
            public uint SizeLow;
            public uint Reserved0;
            public uint Reserved1;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = MaxPath)]
            public string Name;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 14)]
            public string ShortName;
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr FindFirstFileW(string path, out FindData data);

        [DllImport("kernel32.dll")]
        private static extern bool FindClose(IntPtr handle);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool GetDiskFreeSpaceExW(string path, out ulong free, out ulong total, out ulong allFree);

        [DllImport("ntdll.dll")]
        private static extern sbyte RtlSetProcessPlaceholderCompatibilityMode(sbyte mode);

        /// <summary>The tag of a reparse point; 0 for anything else and for nothing.</summary>
        public static long ReparseTag(string path)
        {
            FindData data;
            IntPtr handle = FindFirstFileW(path.TrimEnd('\\'), out data);
            if (handle == new IntPtr(-1))
            {
                int error = Marshal.GetLastWin32Error();
                if (error == FileNotFound || error == PathNotFound || error == InvalidName)
                {
                    return 0;
                }
                throw new Win32Exception(error);
            }
            FindClose(handle);
            return (data.Attributes & ReparsePoint) != 0 ? (long)data.Reserved0 : 0;
        }

        /// <summary>What an administrator may still write there, in bytes.</summary>
        public static long FreeBytes(string folder)
        {
            ulong free, total, allFree;
            if (!GetDiskFreeSpaceExW(folder.TrimEnd('\\') + "\\", out free, out total, out allFree))
            {
                return 0;
            }
            return (long)Math.Min(free, (ulong)long.MaxValue);
        }

        [StructLayout(LayoutKind.Sequential)]
        private struct FileInformation
        {
            public uint Attributes;
            public System.Runtime.InteropServices.ComTypes.FILETIME Created;
            public System.Runtime.InteropServices.ComTypes.FILETIME Accessed;
            public System.Runtime.InteropServices.ComTypes.FILETIME Written;
            public uint Volume;
            public uint SizeHigh;
            public uint SizeLow;
            public uint Links;
            public uint IndexHigh;
            public uint IndexLow;
        }

        [DllImport("kernel32.dll", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        private static extern bool GetFileInformationByHandle(SafeFileHandle file, out FileInformation found);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern uint GetFinalPathNameByHandleW(
            SafeFileHandle file, StringBuilder path, uint length, uint flags);

        /// <summary>The number that an open file keeps for as long as it exists, whatever it is called.</summary>
        public static long FileId(SafeFileHandle file)
        {
            FileInformation found;
            if (!GetFileInformationByHandle(file, out found))
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            return ((long)found.IndexHigh << 32) | found.IndexLow;
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern SafeFileHandle CreateFileW(
            string path, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);

        /// <summary>As FileId, for a folder; a link itself and not what it leads to.</summary>
        public static long FolderId(string path)
        {
            SafeFileHandle folder = CreateFileW(
                path, ReadAttributes, ShareAll, IntPtr.Zero, OpenExisting, FolderToo | LinkItself, IntPtr.Zero);
            if (folder.IsInvalid)
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            using (folder)
            {
                return FileId(folder);
            }
        }

        /// <summary>Whether this account may make a file in a folder; asked by opening it for that, and nothing is
        /// made. Only a plain no counts: whatever else stands in the way is for the one who writes to find.</summary>
        public static bool MayAddFile(string path)
        {
            using (SafeFileHandle folder = CreateFileW(
                path, AddFile, ShareAll, IntPtr.Zero, OpenExisting, FolderToo | LinkItself, IntPtr.Zero))
            {
                int error = folder.IsInvalid ? Marshal.GetLastWin32Error() : 0;
                return error != AccessDenied && error != WriteProtected;
            }
        }

        /// <summary>Where an open file really lies, with \\?\ in front.</summary>
        public static string FinalPath(SafeFileHandle file)
        {
            StringBuilder path = new StringBuilder(32768);
            if (GetFinalPathNameByHandleW(file, path, (uint)path.Capacity, 0) == 0)
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            return path.ToString();
        }

        /// <summary>Show this process placeholders as what they are; Windows before 10.0.16299 cannot.</summary>
        public static void ExposePlaceholders()
        {
            try
            {
                RtlSetProcessPlaceholderCompatibilityMode(ExposeThem);
            }
            catch (EntryPointNotFoundException)
            {
                return;
            }
        }
    }

    /// <summary>Generic credentials of the user in whose session this runs. No secret leaves it.</summary>
    public static class Credentials
    {
        private const uint Generic = 1;
        private const uint Enterprise = 3;
        private const int NotFound = 1168;

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        private struct Credential
        {
            public uint Flags;
            public uint Type;
            [MarshalAs(UnmanagedType.LPWStr)]
            public string TargetName;
            [MarshalAs(UnmanagedType.LPWStr)]
            public string Comment;
            public System.Runtime.InteropServices.ComTypes.FILETIME LastWritten;
            public uint BlobSize;
            public IntPtr Blob;
            public uint Persist;
            public uint AttributeCount;
            public IntPtr Attributes;
            [MarshalAs(UnmanagedType.LPWStr)]
            public string TargetAlias;
            [MarshalAs(UnmanagedType.LPWStr)]
            public string UserName;
        }

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool CredReadW(string target, uint type, uint flags, out IntPtr credential);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool CredWriteW(ref Credential credential, uint flags);

        [DllImport("advapi32.dll")]
        private static extern void CredFree(IntPtr buffer);

        /// <summary>The secret of an entry; null where there is none.</summary>
        private static byte[] Read(string target)
        {
            IntPtr pointer;
            if (!CredReadW(target, Generic, 0, out pointer))
            {
                int error = Marshal.GetLastWin32Error();
                if (error == NotFound)
                {
                    return null;
                }
                throw new Win32Exception(error);
            }
            try
            {
                Credential found = (Credential)Marshal.PtrToStructure(pointer, typeof(Credential));
                byte[] secret = new byte[found.BlobSize];
                if (secret.Length > 0)
                {
                    Marshal.Copy(found.Blob, secret, 0, secret.Length);
                }
                return secret;
            }
            finally
            {
                CredFree(pointer);
            }
        }

        /// <summary>Write an entry as the client's library does: QtKeychain, kept with a roaming profile.</summary>
        private static void Write(string target, byte[] secret)
        {
            GCHandle pinned = GCHandle.Alloc(secret, GCHandleType.Pinned);
            try
            {
                Credential made = new Credential();
                made.Type = Generic;
                made.TargetName = target;
                made.Comment = "QtKeychain";
                made.BlobSize = (uint)secret.Length;
                made.Blob = pinned.AddrOfPinnedObject();
                made.Persist = Enterprise;
                if (!CredWriteW(ref made, 0))
                {
                    throw new Win32Exception(Marshal.GetLastWin32Error());
                }
            }
            finally
            {
                pinned.Free();
            }
        }

        /// <summary>Write the secret of one entry under another target; false where there is no such entry.</summary>
        public static bool Copy(string source, string target)
        {
            byte[] secret = Read(source);
            if (secret == null)
            {
                return false;
            }
            try
            {
                Write(target, secret);
            }
            finally
            {
                Array.Clear(secret, 0, secret.Length);
            }
            return true;
        }

        /// <summary>Whether two entries are there and hold the same secret.</summary>
        public static bool Same(string one, string other)
        {
            byte[] first = Read(one);
            byte[] second = Read(other);
            bool same = first != null && second != null && first.Length == second.Length;
            for (int index = 0; same && index < first.Length; index++)
            {
                same = first[index] == second[index];
            }
            return same;
        }
    }

    /// <summary>One session: state 0 active, 1 connected, 4 disconnected; protocol 0 console, 2 remote desktop.</summary>
    public sealed class Session
    {
        public int Id;
        public int State;
        public int Protocol;
        public string User;
        public string Domain;
    }

    /// <summary>Who is logged on.</summary>
    public static class Sessions
    {
        private const int UserName = 5;
        private const int DomainName = 7;
        private const int ProtocolType = 16;

        [StructLayout(LayoutKind.Sequential)]
        private struct SessionInfo
        {
            public int Id;
            public IntPtr Station;
            public int State;
        }

        [DllImport("wtsapi32.dll", SetLastError = true)]
        private static extern bool WTSEnumerateSessionsW(
            IntPtr server, int reserved, int version, out IntPtr sessions, out int count);

        [DllImport("wtsapi32.dll", SetLastError = true)]
        private static extern bool WTSQuerySessionInformationW(
            IntPtr server, int session, int what, out IntPtr buffer, out int bytes);

        [DllImport("wtsapi32.dll")]
        private static extern void WTSFreeMemory(IntPtr memory);

        /// <summary>All sessions with a user.</summary>
        public static Session[] All()
        {
            IntPtr list;
            int count;
            if (!WTSEnumerateSessionsW(IntPtr.Zero, 0, 1, out list, out count))
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            List<Session> found = new List<Session>();
            try
            {
                int size = Marshal.SizeOf(typeof(SessionInfo));
                for (int index = 0; index < count; index++)
                {
                    IntPtr place = new IntPtr(list.ToInt64() + index * size);
                    Session one = Ask((SessionInfo)Marshal.PtrToStructure(place, typeof(SessionInfo)));
                    if (one.User.Length > 0)
                    {
                        found.Add(one);
                    }
                }
            }
            finally
            {
                WTSFreeMemory(list);
            }
            return found.ToArray();
        }

        private static Session Ask(SessionInfo info)
        {
            Session one = new Session();
            byte[] protocol = Query(info.Id, ProtocolType);
            one.Id = info.Id;
            one.State = info.State;
            one.User = Encoding.Unicode.GetString(Query(info.Id, UserName)).TrimEnd('\0');
            one.Domain = Encoding.Unicode.GetString(Query(info.Id, DomainName)).TrimEnd('\0');
            one.Protocol = protocol.Length < 2 ? -1 : BitConverter.ToInt16(protocol, 0);
            return one;
        }

        private static byte[] Query(int session, int what)
        {
            IntPtr buffer;
            int bytes;
            if (!WTSQuerySessionInformationW(IntPtr.Zero, session, what, out buffer, out bytes))
            {
                return new byte[0];
            }
            byte[] answer = new byte[bytes];
            Marshal.Copy(buffer, answer, 0, bytes);
            WTSFreeMemory(buffer);
            return answer;
        }
    }

    /// <summary>
    /// A message for one session; one that asks has the buttons Yes and No, the latter for whoever presses the return
    /// key. Answer: the number of a button, 32000 where nobody pressed one in time, 32001 where nobody was asked, an
    /// error number of Windows with a minus where nothing was shown.
    /// </summary>
    public sealed class Message
    {
        public int Session;
        public string Title;
        public string Text;
        public bool Asks;
        public int Answer;
    }

    /// <summary>Messages in the sessions of users.</summary>
    public static class Messages
    {
        private const uint YesNo = 0x4;
        private const uint Question = 0x20;
        private const uint Information = 0x40;
        private const uint SecondButton = 0x100;
        private const uint InFront = 0x10000 | 0x40000;

        [DllImport("wtsapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        private static extern bool WTSSendMessageW(
            IntPtr server,
            int session,
            string title,
            int titleBytes,
            string text,
            int textBytes,
            uint style,
            int seconds,
            out int response,
            [MarshalAs(UnmanagedType.Bool)] bool wait);

        /// <summary>
        /// Show all at the same time, and wait so many seconds for the answers to those that ask. One that does not ask
        /// stays until its user closes it.
        /// </summary>
        public static void Show(Message[] all, int seconds)
        {
            Thread[] threads = new Thread[all.Length];
            for (int index = 0; index < all.Length; index++)
            {
                Message one = all[index];
                threads[index] = new Thread(delegate() { Send(one, seconds); });
                threads[index].IsBackground = true;
                threads[index].Start();
            }
            foreach (Thread thread in threads)
            {
                thread.Join();
            }
        }

        private static void Send(Message one, int seconds)
        {
            uint style = InFront | (one.Asks ? YesNo | Question | SecondButton : Information);
            int title = Encoding.Unicode.GetByteCount(one.Title);
            int text = Encoding.Unicode.GetByteCount(one.Text);
            int time = one.Asks ? seconds : 0;
            int response;
            bool shown = WTSSendMessageW(
                IntPtr.Zero, one.Session, one.Title, title, one.Text, text, style, time, out response, one.Asks);
            one.Answer = shown ? response : -Marshal.GetLastWin32Error();
        }
    }

    /// <summary>Command lines.</summary>
    public static class Words
    {
        [DllImport("shell32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr CommandLineToArgvW(string line, out int count);

        [DllImport("kernel32.dll")]
        private static extern IntPtr LocalFree(IntPtr memory);

        /// <summary>The words of a command line as Windows itself parts them.</summary>
        public static string[] Split(string line)
        {
            if (line.Trim().Length == 0)
            {
                return new string[0];
            }
            int count;
            IntPtr list = CommandLineToArgvW(line, out count);
            if (list == IntPtr.Zero)
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            try
            {
                string[] words = new string[count];
                for (int index = 0; index < count; index++)
                {
                    words[index] = Marshal.PtrToStringUni(Marshal.ReadIntPtr(list, index * IntPtr.Size));
                }
                return words;
            }
            finally
            {
                LocalFree(list);
            }
        }
    }

    /// <summary>Registry hives of users who are not logged on; needs the rights to back up and to restore.</summary>
    public static class Hives
    {
        private static readonly IntPtr Users = new IntPtr(unchecked((int)0x80000003));

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode)]
        private static extern int RegLoadKeyW(IntPtr key, string name, string file);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode)]
        private static extern int RegUnLoadKeyW(IntPtr key, string name);

        /// <summary>Have a hive's file appear as HKEY_USERS\name; an error number of Windows, or 0.</summary>
        public static int Load(string name, string file)
        {
            return RegLoadKeyW(Users, name, file);
        }

        /// <summary>Take it away again; every key of it must have been closed.</summary>
        public static int Unload(string name)
        {
            return RegUnLoadKeyW(Users, name);
        }
    }

    /// <summary>A SQLite file, read only, with the SQLite of Windows.</summary>
    public sealed class Database : IDisposable
    {
        private const string Library = "winsqlite3";
        private const int Ok = 0;
        private const int Row = 100;
        private const int Done = 101;
        private const int ReadOnly = 1;
        private const int Integer = 1;
        private const int Null = 5;
        private IntPtr handle;

        // the others are found in the library that this one has loaded, from where only administrators write
        [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        private static extern int sqlite3_open_v2(byte[] path, out IntPtr database, int flags, IntPtr vfs);

        [DllImport(Library)]
        private static extern int sqlite3_close_v2(IntPtr database);

        [DllImport(Library)]
        private static extern IntPtr sqlite3_errmsg(IntPtr database);

        [DllImport(Library)]
        private static extern int sqlite3_prepare_v2(
            IntPtr database, byte[] text, int bytes, out IntPtr statement, IntPtr tail);

        [DllImport(Library)]
        private static extern int sqlite3_step(IntPtr statement);

        [DllImport(Library)]
        private static extern int sqlite3_finalize(IntPtr statement);

        [DllImport(Library)]
        private static extern int sqlite3_column_count(IntPtr statement);

        [DllImport(Library)]
        private static extern int sqlite3_column_type(IntPtr statement, int column);

        [DllImport(Library)]
        private static extern long sqlite3_column_int64(IntPtr statement, int column);

        [DllImport(Library)]
        private static extern IntPtr sqlite3_column_blob(IntPtr statement, int column);

        [DllImport(Library)]
        private static extern int sqlite3_column_bytes(IntPtr statement, int column);

        /// <summary>Open a file; InvalidOperationException with SQLite's words where it cannot be.</summary>
        public Database(string path)
        {
            int code = sqlite3_open_v2(Utf8(path), out handle, ReadOnly, IntPtr.Zero);
            if (code != Ok)
            {
                string words = Message();
                Dispose();
                throw new InvalidOperationException(words);
            }
        }

        /// <summary>The rows that a query gives, at most so many: long, string or null in each column.</summary>
        public object[][] Read(string query, int most)
        {
            IntPtr statement;
            if (sqlite3_prepare_v2(handle, Utf8(query), -1, out statement, IntPtr.Zero) != Ok)
            {
                throw new InvalidOperationException(Message());
            }
            List<object[]> rows = new List<object[]>();
            try
            {
                int code = sqlite3_step(statement);
                while (code == Row && rows.Count < most)
                {
                    rows.Add(Values(statement));
                    code = sqlite3_step(statement);
                }
                if (code != Row && code != Done)
                {
                    throw new InvalidOperationException(Message());
                }
            }
            finally
            {
                sqlite3_finalize(statement);
            }
            return rows.ToArray();
        }

        public void Dispose()
        {
            sqlite3_close_v2(handle);
            handle = IntPtr.Zero;
        }

        private static object[] Values(IntPtr statement)
        {
            object[] values = new object[sqlite3_column_count(statement)];
            for (int column = 0; column < values.Length; column++)
            {
                int type = sqlite3_column_type(statement, column);
                if (type == Integer)
                {
                    values[column] = sqlite3_column_int64(statement, column);
                }
                else if (type != Null)
                {
                    IntPtr start = sqlite3_column_blob(statement, column);
                    values[column] = Text(start, sqlite3_column_bytes(statement, column));
                }
            }
            return values;
        }

        private string Message()
        {
            IntPtr words = sqlite3_errmsg(handle);
            int length = 0;
            while (words != IntPtr.Zero && Marshal.ReadByte(words, length) != 0)
            {
                length++;
            }
            return Text(words, length);
        }

        private static string Text(IntPtr start, int length)
        {
            byte[] bytes = new byte[start == IntPtr.Zero ? 0 : length];
            if (bytes.Length > 0)
            {
                Marshal.Copy(start, bytes, 0, bytes.Length);
            }
            return Encoding.UTF8.GetString(bytes);
        }

        private static byte[] Utf8(string text)
        {
            return Encoding.UTF8.GetBytes(text + "\0");
        }
    }
}
