// A stand-in for Linear that shows a board and takes no write: whatever stands in its issues is of others.

import { createServer } from 'node:http';

const MADE = '2026-01-02T03:04:05.000Z';
const STATES = [['unstarted', 'Todo'], ['started', 'In Progress'], ['completed', 'Done'], ['canceled', 'Canceled'], ['backlog', 'Backlog']]
  .map(([type, name], position) => ({ id: `state-${type}`, name, type, position }));

/** Starts it with a project at that address, and an issue at each of the others. */
export async function startLinear(project, addresses) {
  const none = { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] };
  const issues = addresses.map((url, place) => ({
    id: `issue-${place + 1}`, identifier: `EVIL-${place + 1}`, title: `Issue ${place + 1}`, description: null, url, priority: 1,
    createdAt: MADE, updatedAt: MADE, state: STATES[0], team: { id: 'team-1' }, project: { id: 'project-1' },
    labels: none, inverseRelations: none,
  }));
  const places = { id: 'project-1', name: 'Evil', url: project, archivedAt: null, trashed: null };
  const answers = {
    Frame: {
      viewer: { id: 'user-1', displayName: 'eve' },
      organization: { id: 'organization-1', name: 'Evil', urlKey: 'evil' },
      teams: { nodes: [{ id: 'team-1', key: 'EVIL', name: 'Evil', retiredAt: null, archivedAt: null, states: { nodes: STATES }, projects: { nodes: [places] } }] },
    },
    Labels: { issueLabels: none },
    Issues: { issues: { ...none, nodes: issues } },
  };
  const server = createServer(async (asked, answer) => {
    let text = '';
    for await (const part of asked) text += part;
    const name = /^\s*query (\w+)/.exec(JSON.parse(text).query)?.[1];
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify(answers[name] ? { data: answers[name] } : { errors: [{ message: 'a stand-in takes no write' }] }));
  });
  await new Promise((up) => server.listen(0, '127.0.0.1', up));
  return {
    /** What a gateway is set to, to have this as its board. */
    settings: {
      KANBAN_PROVIDER: 'linear', LINEAR_API_KEY: 'lin_api_of_the_browser_tests', LINEAR_TEAM_ID: 'EVIL', LINEAR_PROJECT_ID: 'evil-0a1b2c3d4e5f',
      LINEAR_API_URL: `http://127.0.0.1:${server.address().port}/graphql`,
    },
    stop: () => new Promise((down) => { server.close(down); server.closeAllConnections(); }),
  };
}
