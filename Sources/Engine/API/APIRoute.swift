import Primitives

/// One thing that can be asked for over HTTP: a method on a path.
///
/// `Pages/openapi.json` describes the same table for clients; a test holds the two together.
public struct APIRoute: Equatable, Sendable {
  /// What is asked for.
  public enum Operation: String, Sendable, CaseIterable {
    case listVisits, createVisit, getVisit, updateVisit, cancelVisit, startVisit, closeVisit
    case listInvites, createInvites, resendInvite, revokeInvite
    case getGeneralLink, makeGeneralLink, disableGeneralLink
    case getCall, endCall, createToken, revokeSessions
    case getSettings, updateSettings, getDirectory, updateDirectory
    case listBackgrounds, putBackground, getBackground, deleteBackground
    case readAudit
    case listSessions, listRooms, drain, getLogLevel, setLogLevel
  }

  /// The method, as `GET`.
  public let method: String
  /// The path; a segment in braces stands for any identifier.
  public let path: String
  /// What it asks for; its name is the `operationId` of the description.
  public let operation: Operation
  /// Where it can be asked for.
  public let port: HTTPRequest.Port

  private init(
    _ method: String, _ path: String, _ operation: Operation, on port: HTTPRequest.Port = .pages
  ) {
    self.method = method
    self.path = path
    self.operation = operation
    self.port = port
  }

  /// The table.
  public static let all = [
    APIRoute("GET", "/v1/visits", .listVisits),
    APIRoute("POST", "/v1/visits", .createVisit),
    APIRoute("GET", "/v1/visits/{visit}", .getVisit),
    APIRoute("PATCH", "/v1/visits/{visit}", .updateVisit),
    APIRoute("DELETE", "/v1/visits/{visit}", .cancelVisit),
    APIRoute("POST", "/v1/visits/{visit}/start", .startVisit),
    APIRoute("POST", "/v1/visits/{visit}/close", .closeVisit),
    APIRoute("GET", "/v1/visits/{visit}/invites", .listInvites),
    APIRoute("POST", "/v1/visits/{visit}/invites", .createInvites),
    APIRoute("POST", "/v1/visits/{visit}/invites/{invite}/resend", .resendInvite),
    APIRoute("DELETE", "/v1/visits/{visit}/invites/{invite}", .revokeInvite),
    APIRoute("GET", "/v1/visits/{visit}/general-link", .getGeneralLink),
    APIRoute("POST", "/v1/visits/{visit}/general-link", .makeGeneralLink),
    APIRoute("DELETE", "/v1/visits/{visit}/general-link", .disableGeneralLink),
    APIRoute("GET", "/v1/visits/{visit}/call", .getCall),
    APIRoute("DELETE", "/v1/visits/{visit}/call", .endCall),
    APIRoute("POST", "/v1/tokens", .createToken),
    APIRoute("DELETE", "/v1/sessions", .revokeSessions),
    APIRoute("GET", "/v1/clinics/{clinic}/settings", .getSettings),
    APIRoute("PATCH", "/v1/clinics/{clinic}/settings", .updateSettings),
    APIRoute("GET", "/v1/clinics/{clinic}/directory", .getDirectory),
    APIRoute("PATCH", "/v1/clinics/{clinic}/directory", .updateDirectory),
    APIRoute("GET", "/v1/clinics/{clinic}/backgrounds", .listBackgrounds),
    APIRoute("PUT", "/v1/clinics/{clinic}/backgrounds/{background}", .putBackground),
    APIRoute("GET", "/v1/clinics/{clinic}/backgrounds/{background}", .getBackground),
    APIRoute("DELETE", "/v1/clinics/{clinic}/backgrounds/{background}", .deleteBackground),
    APIRoute("GET", "/v1/audit", .readAudit),
    APIRoute("GET", "/v1/admin/sessions", .listSessions, on: .admin),
    APIRoute("GET", "/v1/admin/rooms", .listRooms, on: .admin),
    APIRoute("POST", "/v1/admin/drain", .drain, on: .admin),
    APIRoute("GET", "/v1/admin/log-level", .getLogLevel, on: .admin),
    APIRoute("PUT", "/v1/admin/log-level", .setLogLevel, on: .admin),
  ]

  /// The route of a request, with what stands in the places of its braces. Throws 404 where no
  /// route has the path, 405 where none has the method with it.
  static func find(_ request: HTTPRequest) throws(APIProblem) -> (APIRoute, [Substring]) {
    // The web front leaves out the body of the answer.
    let method = request.method == "HEAD" ? "GET" : request.method
    for route in all where route.port == request.port && route.method == method {
      if let parameters = route.match(request.path) { return (route, parameters) }
    }
    let allowed = methods(of: request.path, on: request.port)
    guard !allowed.isEmpty else { throw APIProblem(404, "path_not_found") }
    throw APIProblem(
      405, "method_not_allowed",
      fields: [HTTPField("allow", allowed.joined(separator: ", "))])
  }

  /// The methods that a path takes, in the order of the table; none where no route has it.
  public static func methods(of path: String, on port: HTTPRequest.Port) -> [String] {
    all.filter { $0.port == port && $0.match(path) != nil }.flatMap {
      $0.method == "GET" ? ["GET", "HEAD"] : [$0.method]
    }
  }

  private func match(_ text: String) -> [Substring]? {
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    let own = path.split(separator: "/", omittingEmptySubsequences: false)
    guard own.count == segments.count else { return nil }
    var parameters: [Substring] = []
    for (mine, theirs) in zip(own, segments) {
      if mine.hasPrefix("{"), !theirs.isEmpty {
        parameters.append(theirs)
      } else if mine != theirs {
        return nil
      }
    }
    return parameters
  }
}
