import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const only = (message, ...group) => ({
  'no-restricted-imports': ['error', { patterns: [{ group, message }] }],
});
const heavy = ['echarts', 'echarts/*', 'uplot'];

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'src/kernel/schema.d.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs['recommended-latest']?.rules,
      'react-hooks/preserve-manual-memoization': 'off',
      'react-hooks/incompatible-library': 'off', // we do not use the React Compiler
      'max-lines': ['error', { max: 250 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Literal[value=/^#[0-9a-fA-F]{3,8}$/]',
          message: 'Colours live in src/theme.ts; use a token.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['src/kernel/**'],
    rules: only(
      'kernel knows neither kit, studio nor app.',
      '@/kit/*',
      '@/kit',
      '@/studio/*',
      '@/app/*',
      ...heavy,
    ),
  },
  {
    files: ['src/kit/**'],
    ignores: ['src/kit/charts/**'],
    rules: only(
      'kit knows neither studio nor app; chart libraries load through kit/charts.',
      '@/studio/*',
      '@/app/*',
      ...heavy,
    ),
  },
  {
    files: ['src/studio/**'],
    rules: only(
      'A slice imports its own files by ./ and otherwise only @/kit and @/kernel; link to another slice by its address.',
      '@/studio/*',
      '@/app/*',
      '../../*',
      ...heavy,
    ),
  },
  { files: ['src/theme.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['scripts/**', 'e2e/**', '*.js', 'public/**'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        document: 'readonly',
        localStorage: 'readonly',
        matchMedia: 'readonly',
        URL: 'readonly',
        window: 'readonly',
        Buffer: 'readonly',
        URLSearchParams: 'readonly',
        setTimeout: 'readonly',
        fetch: 'readonly',
      },
    },
  },
);
