import Primitives

/// What is asked for about the clinic's staff.
public enum DirectoryAction: Equatable, Sendable {
  /// People by name.
  case search(String, limit: Int)
  /// What stands below a node of the tree; nil: the topmost units.
  case tree(String?)
}
