// Does .NET have what our PowerShell names? Reads lines "kind TAB type TAB member TAB number of arguments" from the input
// and writes one answer a line: "" where it is there, else what is missing. Arguments are files of assemblies to load.
// Kinds: new, call (static), get (static), method (of any instance), cast (a text to an enumeration), type.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

public static class Members
{
    const BindingFlags Static = BindingFlags.Public | BindingFlags.Static | BindingFlags.IgnoreCase | BindingFlags.FlattenHierarchy;
    const BindingFlags Instance = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase;

    static readonly List<Assembly> assemblies = new List<Assembly>();
    static readonly HashSet<string> methods = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    public static void Main(string[] files)
    {
        assemblies.AddRange(new[] { typeof(object), typeof(Uri), typeof(Enumerable) }.Select(one => one.Assembly));
        assemblies.AddRange(files.Select(Assembly.LoadFrom));
        foreach (Type type in assemblies.SelectMany(one => one.GetExportedTypes()))
            foreach (MethodInfo method in type.GetMethods(Instance))
                Note(method);
        string line;
        while ((line = Console.In.ReadLine()) != null)
        {
            string[] parts = line.Split('\t');
            Console.Out.WriteLine(Check(parts[0], parts[1], parts[2], int.Parse(parts[3])));
        }
    }

    static void Note(MethodInfo method)
    {
        ParameterInfo[] parameters = method.GetParameters();
        bool open = parameters.Length > 0 && parameters.Last().IsDefined(typeof(ParamArrayAttribute), false);
        for (int number = open ? parameters.Length - 1 : parameters.Length; number <= (open ? 12 : parameters.Length); number++)
            methods.Add(method.Name + " " + number);
    }

    static string Check(string kind, string name, string member, int number)
    {
        if (kind == "method")
            return methods.Contains(member + " " + number) ? "" : "no class has a method " + member + " with " + number + " arguments";
        Type type = assemblies.Select(one => one.GetType(name, false, true) ?? one.GetType("System." + name, false, true)).FirstOrDefault(one => one != null);
        if (type == null)
            return "there is no type " + name;
        if (kind == "type")
            return "";
        if (kind == "cast")
            return Named(type, member);
        if (kind == "new")
            return Fits(type.GetConstructors().Select(one => one.GetParameters()), number) || (number == 0 && type.IsValueType)
                ? "" : name + " has no constructor with " + number + " arguments";
        if (kind == "get")
            return type.GetMember(member, Static).Length > 0 ? "" : name + " has no static " + member;
        IEnumerable<MethodInfo> named = type.GetMethods(Static).Where(one => string.Equals(one.Name, member, StringComparison.OrdinalIgnoreCase));
        return Fits(named.Select(one => one.GetParameters()), number) ? "" : name + " has no static method " + member + " with " + number + " arguments";
    }

    static string Named(Type type, string value)
    {
        if (!type.IsEnum)
            return "";
        string[] known = Enum.GetNames(type);
        string wrong = value.Split(',').Select(one => one.Trim()).FirstOrDefault(one => !known.Contains(one, StringComparer.OrdinalIgnoreCase));
        return wrong == null ? "" : type.FullName + " has no " + wrong;
    }

    static bool Fits(IEnumerable<ParameterInfo[]> candidates, int number)
    {
        return candidates.Any(one => number >= one.Count(Needed) && (number <= one.Length || one.Any(Open)));
    }

    static bool Needed(ParameterInfo parameter)
    {
        return !parameter.IsOptional && !Open(parameter);
    }

    static bool Open(ParameterInfo parameter)
    {
        return parameter.IsDefined(typeof(ParamArrayAttribute), false);
    }
}
