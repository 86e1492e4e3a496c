import CLinux

/// How many descriptors this process may have open.
public enum Descriptors {
  /// Raises the limit to `count` where it is lower, or as near as the system allows; what holds
  /// then.
  public static func raise(to count: Int) -> Int {
    Int(linux_raise_descriptor_limit(Int64(count)))
  }
}
